// POST /v1/tokens: the hub signs the tokens of users for backends without a JWT library.

import type { Context } from "hono";
import { SignJWT } from "jose";
import * as v from "valibot";
import { userFault } from "../protocol/address.ts";
import { parseCaps } from "../protocol/caps.ts";
import { isRefusal, RefusalError } from "../protocol/error.ts";
import { requireKey } from "./auth.ts";
import { readJson } from "./body.ts";
import { type Hub, throwRefusal } from "./request.ts";

const TTL_SECONDS = 3600;
const TTL_SECONDS_MAX = 30 * 86_400;
const TTL_FIX = `is a whole number of seconds from 1 to ${TTL_SECONDS_MAX}`;

const tokenBody = v.strictObject({
  user: v.string(),
  ttl: v.optional(
    v.pipe(
      v.number(TTL_FIX),
      v.integer(TTL_FIX),
      v.minValue(1, TTL_FIX),
      v.maxValue(TTL_SECONDS_MAX, TTL_FIX),
    ),
    TTL_SECONDS,
  ),
  caps: v.optional(v.unknown()),
});

export async function mintToken(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "tokens");
  const { jwtSecrets, jwtIssuer, jwtAudience } = c.get("settings");
  const secret = jwtSecrets[0];
  if (secret === undefined)
    return throwRefusal(
      "not_supported",
      "this hub accepts tokens of the issuer at JWKS_URL: get them there",
    );
  const { user, ttl, caps: claimed } = await readJson(c.req.raw, tokenBody);
  const fault = userFault(user);
  if (fault !== null) return throwRefusal("invalid_params", fault, "user");
  const caps = parseCaps(claimed);
  if (isRefusal(caps)) throw new RefusalError(caps);
  const issued = Math.floor(Date.now() / 1000);
  const exp = issued + ttl;
  let token = new SignJWT({ caps })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(user)
    .setIssuedAt(issued)
    .setExpirationTime(exp);
  if (jwtIssuer !== null) token = token.setIssuer(jwtIssuer);
  if (jwtAudience !== null) token = token.setAudience(jwtAudience);
  const signed = await token.sign(new TextEncoder().encode(secret));
  const expires = new Date(exp * 1000).toISOString();
  return c.json({ token: signed, expires_at: expires }, 201);
}
