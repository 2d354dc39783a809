// The keys of an issuer of tokens: fetched when they are needed, kept while the issuer is away.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { RefusalError, refusal } from "../protocol/error.ts";

/** After this long the keys are fetched again: a key that the issuer took away ends by then. */
const FRESH_MS = 10 * 60_000;
/** How long known keys are used while the issuer cannot be reached. */
const KEPT_MS = 24 * 3_600_000;
/** Between two fetches where keys are known, whatever asks for the second one. */
const COOL_DOWN_MS = 30_000;
/** After a fetch that failed where no key is known. */
const FAILED_MS = 3_000;
const FETCH_MS_MAX = 5_000;
/** Fetches at one time where no key is known. */
const FETCHES_MAX = 10;
const SET_BYTES_MAX = 256 * 1024;
/** Keys that a token without a `kid` is tried with. */
const TRIED_MAX = 16;

type Header = Parameters<JWTVerifyGetKey>[0];
type Jws = Parameters<JWTVerifyGetKey>[1];

interface Known {
  find: ReturnType<typeof createLocalJWKSet>;
  kids: ReadonlySet<string | undefined>;
  fetchedAt: number;
}

/** Takes the address of a JWK Set (RFC 7517 §5) and how to fetch. */
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
   * Checks a token with the keys that its header names, one after the other, and returns what `verify`
   * does. A key that is not known may be new: it is looked for once, and until that may be done again the
   * refusal is temporary.
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

  /** Fetches the keys; where that fails, the others are used or the refusal is temporary. */
  async #refresh(now: number, others: Known | null = null): Promise<Known> {
    // Where no key is known, some of the requests that come at once fetch each for itself: a Worker's
    // request cannot wait for the fetch of another.
    if (this.#known !== null) this.#triedAt = now;
    else if (this.#fetches === FETCHES_MAX) return unavailable();
    this.#fetches += 1;
    try {
      const known = { ...keysOf(await this.#fetchSet()), fetchedAt: now };
      this.#triedAt = now;
      // Of two answers the one that was asked for later counts.
      if (this.#known === null || this.#known.fetchedAt <= now) this.#known = known;
      return known;
    } catch (cause) {
      this.#triedAt = now;
      console.error(JSON.stringify({ event: "keys_unavailable", cause: String(cause) }));
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
  // It checks the shape itself.
  const find = createLocalJWKSet(withoutCurveNames(value) as JSONWebKeySet);
  return { find, kids: new Set(find.jwks().keys.map(({ kid }) => kid)) };
}

/** `EdDSA` and `Ed25519` (RFC 9864) name the same signature: a key with either checks tokens with both. */
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

/** Throws what the last key did where none is right. */
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

/** Whether the issuer may have a key by now that the token was signed with. */
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
