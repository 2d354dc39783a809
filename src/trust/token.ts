// Users' tokens: JWTs (RFC 7519), checked by `jose` as RFC 8725 requires. The algorithms are pinned to the
// kind of key, so that a public key can never be taken for a shared secret.

import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { userFault } from "../protocol/address.ts";
import { type Caps, parseCaps } from "../protocol/caps.ts";
import { type ErrorCode, isRefusal, RefusalError, refusal } from "../protocol/error.ts";
import { TOKEN_BYTES_MAX } from "../protocol/limits.ts";
import { type Settings, settingsOf, type Vars } from "../settings/settings.ts";
import { Issuer } from "./issuer.ts";

/** The claims of a token. Times are seconds since 1970. */
export interface Claims {
  user: string;
  exp: number;
  iat: number | null;
  caps: Caps;
}

/**
 * Clocks differ, so `iat` and `nbf` may lie this far ahead. `exp` has no leeway. A token with a later
 * `iat` would outlive a revocation.
 */
const AHEAD_SECONDS_MAX = 60;

const SHARED = ["HS256"];
const PUBLIC = ["RS256", "ES256", "EdDSA", "Ed25519"];

/** Whether a credential has three parts, as each JWT has; their content is not checked. */
export function looksLikeToken(credential: string): boolean {
  return credential.split(".").length === 3;
}

/** Takes a compact JWT and the time in ms; returns its claims. Throws a RefusalError for a bad token. */
export async function verifyToken(settings: Settings, token: string, now: number): Promise<Claims> {
  if (token.length > TOKEN_BYTES_MAX || !isCanonical(token))
    throw invalid("send a JWT: three parts of canonical base64url, separated by dots");
  const payload = await verifySignature(settings, token, now);
  const { sub, exp, iat, caps: claimed } = payload;
  if (!Number.isSafeInteger(Math.floor(exp as number))) throw invalid("the claim `exp` is a time");
  requireUnexpired({ exp: exp as number }, now);
  if (iat !== undefined && iat > now / 1000 + AHEAD_SECONDS_MAX) throw early("iat");
  const fault = typeof sub === "string" ? userFault(sub) : "it is a string";
  if (fault !== null) throw invalid(`the claim \`sub\` names the user, and ${fault}`);
  const caps = parseCaps(claimed);
  if (isRefusal(caps)) throw invalid(`the claim \`caps\`: ${caps.fix}`);
  return { user: sub as string, exp: exp as number, iat: iat ?? null, caps };
}

/**
 * Throws a RefusalError when the token has expired by `now` (ms): a slow request may outlast it.
 */
export function requireUnexpired({ exp }: Pick<Claims, "exp">, now: number): void {
  if (now >= exp * 1000) throw expired();
}

/**
 * Verifies the token of a `refresh` on a live socket, which must be of the same user; returns its claims.
 * Throws a RefusalError for any other token.
 */
export async function verifyRefresh(
  env: Vars,
  user: string | null,
  token: string,
  now: number,
): Promise<Omit<Claims, "user">> {
  const settings = settingsOf(env);
  if (isRefusal(settings)) throw new RefusalError(settings);
  const { user: bearer, ...claims } = await verifyToken(settings, token, now);
  if (bearer !== user) throw invalid("refresh with a token of the same user");
  return claims;
}

async function verifySignature(
  settings: Settings,
  token: string,
  now: number,
): Promise<JWTPayload> {
  const { jwtSecrets, jwksUrl, jwtIssuer, jwtAudience } = settings;
  const algorithms = [
    ...(jwtSecrets.length > 0 ? SHARED : []),
    ...(jwksUrl === null ? [] : PUBLIC),
  ];
  const options = {
    algorithms,
    requiredClaims: ["exp", "sub"],
    currentDate: new Date(now),
    // `jose` applies this to `exp` too; `verifyToken` then checks `exp` without it.
    clockTolerance: AHEAD_SECONDS_MAX,
    ...(jwtIssuer === null ? {} : { issuer: jwtIssuer }),
    ...(jwtAudience === null ? {} : { audience: jwtAudience }),
  };
  const verify = async (key: CryptoKey) => (await jwtVerify(token, key, options)).payload;
  try {
    const { alg = "", ...header } = decodeProtectedHeader(token);
    if (!algorithms.includes(alg)) throw new errors.JOSEAlgNotAllowed();
    if (jwksUrl === null || SHARED.includes(alg)) return await verifyShared(jwtSecrets, verify);
    const [, payload = "", signature = ""] = token.split(".");
    const jws = { payload, signature };
    return await issuerAt(jwksUrl).check({ ...header, alg }, jws, now, verify);
  } catch (cause) {
    throw refusalFromJwt(cause, algorithms);
  }
}

/** Tries each secret: during a rotation, a token may be signed with the previous one. */
async function verifyShared<T>(
  secrets: readonly string[],
  verify: (key: CryptoKey) => Promise<T>,
): Promise<T> {
  for (let i = 0; ; i++) {
    try {
      return await verify(await sharedKey(secrets[i] ?? ""));
    } catch (cause) {
      const isOther = cause instanceof errors.JWSSignatureVerificationFailed;
      if (!isOther || i + 1 >= secrets.length) throw cause;
    }
  }
}

// The import of a key costs more than the check of a signature with it.
const sharedKeys = new Map<string, CryptoKey>();

async function sharedKey(secret: string): Promise<CryptoKey> {
  const known = sharedKeys.get(secret);
  if (known !== undefined) return known;
  const raw = new TextEncoder().encode(secret);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["verify"]);
  sharedKeys.set(secret, key);
  return key;
}

const issuers = new Map<string, Issuer>();

function issuerAt(url: string): Issuer {
  const issuer = issuers.get(url) ?? new Issuer(url);
  issuers.set(url, issuer);
  return issuer;
}

/**
 * Whether each part is base64url without padding and without unused bits set (RFC 4648 §3.5). With a
 * lenient decoder, one token would be valid in many spellings.
 */
function isCanonical(token: string): boolean {
  const parts = token.split(".");
  return parts.length === 3 && parts.every(isCanonicalPart);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function isCanonicalPart(part: string): boolean {
  if (!/^[\w-]*$/.test(part) || part.length % 4 === 1) return false;
  const last = ALPHABET.indexOf(part.slice(-1));
  if (part.length % 4 === 2) return (last & 0b1111) === 0;
  return part.length % 4 === 3 ? (last & 0b11) === 0 : true;
}

function refusalFromJwt(cause: unknown, algorithms: string[]): RefusalError {
  if (cause instanceof RefusalError) return cause;
  if (cause instanceof errors.JWTExpired) return expired();
  if (cause instanceof errors.JWTClaimValidationFailed && isEarly(cause)) return early("nbf");
  if (cause instanceof errors.JWTClaimValidationFailed)
    return invalid(
      `the claim \`${cause.claim}\` is missing, or has a value that this hub does not expect`,
    );
  if (cause instanceof errors.JOSEAlgNotAllowed)
    return invalid(`sign the token with ${algorithms.join(", ")}`);
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return invalid("the signature is not by a key of this hub: check JWT_SECRETS or JWKS_URL");
  if (cause instanceof errors.JWKSNoMatchingKey)
    return invalid("no key of JWKS_URL has the token's `kid` and algorithm");
  return invalid("the token cannot be read: get a new one");
}

const isEarly = ({ claim, reason }: errors.JWTClaimValidationFailed) =>
  claim === "nbf" && reason === "check_failed";

/** The token becomes valid with time, so the refusal is temporary. */
const early = (claim: "iat" | "nbf") =>
  new RefusalError(
    refusal(
      "temporary",
      `the claim \`${claim}\` is more than ${AHEAD_SECONDS_MAX} seconds ahead: check the issuer's clock, or wait until then`,
    ),
  );

const expired = () =>
  new RefusalError(refusal("token_expired", "get a new token and come back with it"));

const invalid = (fix: string, code: ErrorCode = "invalid_token") =>
  new RefusalError(refusal(code, fix));
