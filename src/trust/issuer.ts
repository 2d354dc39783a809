// The keys of a token issuer: fetched when they are needed, kept while the issuer is unreachable.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { RefusalError, refusal } from "../protocol/error.ts";
import { report } from "../protocol/report.ts";

/**
 * Keys older than this are fetched again, so that a key stops working after the issuer withdrew it.
 */
const FRESH_MS = 10 * 60_000;
/** How long known keys are used while the issuer cannot be reached. */
const KEPT_MS = 24 * 3_600_000;
/** Minimum time between two fetches while keys are known, for any reason. */
const COOL_DOWN_MS = 30_000;
/** Minimum time between a failed fetch and the next one while no key is known. */
const FAILED_MS = 3_000;
const FETCH_MS_MAX = 5_000;
/** Maximum number of fetches at one time while no key is known. */
const FETCHES_MAX = 10;
const SET_BYTES_MAX = 256 * 1024;
/** Maximum number of keys tried for a token without a `kid`. */
const TRIED_MAX = 16;

type Header = Parameters<JWTVerifyGetKey>[0];
type Jws = Parameters<JWTVerifyGetKey>[1];

interface Known {
  find: ReturnType<typeof createLocalJWKSet>;
  kids: ReadonlySet<string | undefined>;
  fetchedAt: number;
}

/** The keys at the address of a JWK Set (RFC 7517 §5), which are fetched with `fetchSet`. */
export class Issuer {
  readonly #url: string;
  readonly #fetch: typeof fetch;
  #known: Known | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;
  #fetches = 0;

  constructor(url: string, fetchSet: typeof fetch = (...args) => fetch(...args)) {
    this.#url = url;
    this.#fetch = fetchSet;
  }

  /**
   * Verifies a token with the keys that match its header, one after the other; returns the result of
   * `verify`. An unknown key may be new, so the keys are fetched once more. Until the next fetch is
   * allowed, the refusal is temporary.
   */
  async check<T>(
    header: Header,
    jws: Jws,
    now: number,
    verify: (key: CryptoKey) => Promise<T>,
  ): Promise<T> {
    const known = await this.#keys(now);
    try {
      return await tryKeys(known, header, jws, verify);
    } catch (cause) {
      if (!mayBeNew(cause, known, header)) throw cause;
      if (now < this.#triedAt + COOL_DOWN_MS)
        throw new RefusalError(
          refusal(
            "temporary",
            "no known key of JWKS_URL fits the token, and the keys were fetched just now: try again",
          ),
        );
      return tryKeys(await this.#refresh(now), header, jws, verify);
    }
  }

  async #keys(now: number): Promise<Known> {
    const known = this.#known;
    if (known !== null && now < known.fetchedAt + FRESH_MS) return known;
    const isUsable = known !== null && now < known.fetchedAt + KEPT_MS;
    if (now >= this.#triedAt + (isUsable ? COOL_DOWN_MS : FAILED_MS))
      return this.#refresh(now, isUsable ? known : null);
    return isUsable ? known : unavailable();
  }

  /**
   * Fetches the keys. On failure returns `others`, or throws a temporary refusal when there are none.
   */
  async #refresh(now: number, others: Known | null = null): Promise<Known> {
    // While no key is known, up to FETCHES_MAX requests fetch the keys at the same time: in a Worker, a
    // request cannot wait for the fetch of another one.
    if (this.#known !== null) this.#triedAt = now;
    else if (this.#fetches === FETCHES_MAX) return unavailable();
    this.#fetches += 1;
    try {
      const known = { ...keysOf(await this.#fetchSet()), fetchedAt: now };
      this.#triedAt = now;
      // The result of the later fetch counts, in whichever order the two end.
      if (this.#known === null || this.#known.fetchedAt <= now) this.#known = known;
      return known;
    } catch (cause) {
      this.#triedAt = now;
      report("keys_unavailable", {}, cause);
      return others ?? unavailable();
    } finally {
      this.#fetches -= 1;
    }
  }

  async #fetchSet(): Promise<unknown> {
    const response = await this.#fetch(this.#url, {
      headers: { accept: "application/json, application/jwk-set+json" },
      redirect: "manual",
      signal: AbortSignal.timeout(FETCH_MS_MAX),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      const location = response.headers.get("location");
      const where = location === null ? "" : `, which leads to ${location}`;
      throw new Error(`JWKS_URL answered ${response.status}${where}`);
    }
    return JSON.parse(await textOf(response));
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > SET_BYTES_MAX)
      throw new Error(`JWKS_URL answered more than ${SET_BYTES_MAX} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function keysOf(value: unknown): Pick<Known, "find" | "kids"> {
  // `createLocalJWKSet` checks the shape of the value itself.
  const find = createLocalJWKSet(withoutCurveNames(value) as JSONWebKeySet);
  return { find, kids: new Set(find.jwks().keys.map(({ kid }) => kid)) };
}

/**
 * `EdDSA` and `Ed25519` (RFC 9864) name the same signature. A key without `alg` checks tokens with both.
 */
function withoutCurveNames(value: unknown): unknown {
  const { keys } = (value ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) return value;
  return {
    keys: keys.map((key) => {
      const { alg, ...rest } = (key ?? {}) as Record<string, unknown>;
      const isEither = rest.crv === "Ed25519" && (alg === "EdDSA" || alg === "Ed25519");
      return isEither ? rest : key;
    }),
  };
}

/** Tries the matching keys; when none verifies the token, throws the error of the last one. */
async function tryKeys<T>(
  { find }: Known,
  header: Header,
  jws: Jws,
  verify: (key: CryptoKey) => Promise<T>,
): Promise<T> {
  let keys: AsyncIterable<CryptoKey>;
  try {
    const key = await find(header, jws);
    return await verify(key);
  } catch (cause) {
    if (!(cause instanceof errors.JWKSMultipleMatchingKeys)) throw cause;
    keys = cause;
  }
  let fault: unknown = new errors.JWKSNoMatchingKey();
  let tried = 0;
  for await (const key of keys) {
    if (++tried > TRIED_MAX) break;
    try {
      return await verify(key);
    } catch (cause) {
      if (!(cause instanceof errors.JWSSignatureVerificationFailed)) throw cause;
      fault = cause;
    }
  }
  throw fault;
}

/** Whether the token may be signed with a key that the issuer has had only since the last fetch. */
function mayBeNew(cause: unknown, { kids }: Known, { kid }: Header): boolean {
  if (kid !== undefined)
    return cause instanceof errors.JWKSNoMatchingKey && typeof kid === "string" && !kids.has(kid);
  return (
    cause instanceof errors.JWKSNoMatchingKey ||
    cause instanceof errors.JWSSignatureVerificationFailed
  );
}

function unavailable(): never {
  throw new RefusalError(
    refusal("temporary", "the keys at JWKS_URL cannot be had just now: try again"),
  );
}
