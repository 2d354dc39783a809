// Authentication and authorization: one function for each kind of right that a route requires.

import type { Context } from "hono";
import type { Asker } from "../objects/inbox-rpc.ts";
import { requireUnrevoked } from "../objects/revocation.ts";
import { inboxOf, type Near } from "../objects/stubs.ts";
import type { ApiKey, Scope } from "../protocol/api-key.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import type { Publisher } from "../publish/prepare.ts";
import type { Settings } from "../settings/settings.ts";
import { findKey, looksLikeKey } from "../trust/key.ts";
import { capRefusal, requireCap, requireScope } from "../trust/may.ts";
import { type Claims, looksLikeToken, requireUnexpired, verifyToken } from "../trust/token.ts";
import { requireUserLimit } from "./limit.ts";
import { mayBePublic } from "./public-topics.ts";
import { type Hub, throwRefusal, userParam } from "./request.ts";

/** The owner of a valid credential. */
export type Principal = { kind: "key"; key: ApiKey } | { kind: "user"; claims: Claims };

/**
 * Takes an API key or a token; returns its owner. Throws a RefusalError when the credential is missing or
 * invalid, or when a browser sends an API key.
 */
export async function authenticate(
  settings: Settings,
  credential: string | null,
  origin: string | undefined,
  now: number,
): Promise<Principal> {
  if (credential === null) throw new RefusalError(NO_CREDENTIAL);
  if (!looksLikeKey(credential)) {
    if (!looksLikeToken(credential)) throw new RefusalError(NO_KIND);
    return { kind: "user", claims: await verifyToken(settings, credential, now) };
  }
  // Everyone with access to a page can read an API key in it.
  if (origin !== undefined)
    throw new RefusalError(
      refusal(
        "origin_not_allowed",
        "keep API keys on your server: give browsers a user token (POST /v1/tokens)",
      ),
    );
  const key = await findKey(settings.apiKeys, credential);
  if (key === null)
    throw new RefusalError(
      refusal(
        "unauthorized",
        "the API key is not one of this hub's: check it, or make one with `npm run keys` and set API_KEYS",
      ),
    );
  return { kind: "key", key };
}

const NO_KIND = refusal(
  "invalid_token",
  "this is neither an API key (`bk_…`) nor a user's token (a JWT)",
);

/**
 * Returns the credential of the Authorization header, the only place for an API key; null without the
 * header. Throws a RefusalError when the header has another form.
 */
export function bearerOf(request: Request): string | null {
  const header = request.headers.get("authorization");
  if (header === null) return null;
  const match = /^Bearer +(\S+)$/i.exec(header);
  if (!match)
    throw new RefusalError(refusal("unauthorized", "write `Authorization: Bearer <credential>`"));
  return match[1] as string;
}

/** Requires an API key with the scope, for routes of backends. */
export async function requireKey(c: Context<Hub>, scope: Scope): Promise<ApiKey> {
  const principal = await principalOf(c);
  if (principal.kind !== "key")
    return throwRefusal("insufficient_scope", "this takes an API key, not a user's token");
  requireScope(principal.key, scope);
  return principal.key;
}

/**
 * Requires the right to publish to a topic: an API key with the scope, or a token with the cap. Returns
 * the publisher and, for a token, its claims.
 */
export async function requirePublisher(
  c: Context<Hub>,
  topic: string,
): Promise<{ publisher: Publisher; claims: Claims | null }> {
  const principal = await principalOf(c);
  if (principal.kind === "key") {
    requireScope(principal.key, "publish");
    return { publisher: publisherOf(c, principal.key), claims: null };
  }
  const { claims } = principal;
  requireCap(claims.caps, "publish", topic);
  const by = { isUser: true, others: [], requestId: c.get("requestId") };
  return { publisher: { ...by, source: `user:${claims.user}` }, claims };
}

/**
 * Checks that a token is still valid, once the whole request has arrived: a body may come slowly. Only
 * then is an inbox asked about revocation, so that a request which is refused anyway wakes no object.
 */
export async function requireStillGood(c: Context<Hub>, claims: Claims | null): Promise<void> {
  if (claims === null) return;
  requireUnexpired(claims, Date.now());
  await requireUnrevoked(c.env, claims, "user");
}

/** A backend publishes under the name of its key, or under a source that is no other key's name. */
export function publisherOf(c: Context<Hub>, { name }: ApiKey): Publisher {
  const others = c.get("settings").apiKeys.map((key) => key.name);
  return {
    source: name,
    isUser: false,
    others: others.filter((other) => other !== name),
    requestId: c.get("requestId"),
  };
}

/**
 * Requires the right to read a topic: an API key with the scope, or a token with the cap to subscribe.
 * `unlessPublic` is the refusal that applies if the topic is not public; null for a caller with the
 * right. `claims` are those of a token.
 */
export async function readerOf(
  c: Context<Hub>,
  topic: string,
): Promise<{ unlessPublic: Refusal | null; claims: Claims | null; near: Near }> {
  if (bearerOf(c.req.raw) === null)
    return { unlessPublic: strangersRefusal(c, topic), claims: null, near: "user" };
  const principal = await principalOf(c);
  if (principal.kind === "key") {
    requireScope(principal.key, "read");
    return { unlessPublic: null, claims: null, near: "backend" };
  }
  const { claims } = principal;
  return { unlessPublic: capRefusal(claims.caps, "subscribe", topic), claims, near: "user" };
}

/**
 * Returns the refusal of a caller without a credential, which applies if the topic is not public. Throws
 * it where the topic is not known to be public, so that a made-up name wakes no object.
 */
export function strangersRefusal(c: Context<Hub>, topic: string): Refusal {
  if (!mayBePublic(c.env, topic, Date.now()))
    return throwRefusal(
      NO_CREDENTIAL.code,
      `${NO_CREDENTIAL.fix}; a topic for strangers is declared public in the var TOPIC_DEFAULTS`,
    );
  return NO_CREDENTIAL;
}

/** The refusal of a caller without a credential. */
export const NO_CREDENTIAL = refusal(
  "unauthorized",
  "send `Authorization: Bearer <API key or user token>`",
);

/** Requires access to an inbox: an API key with the scope, or a token of the inbox's own user. */
export async function requireInbox(
  c: Context<Hub>,
  scope: Scope,
): Promise<{ inbox: ReturnType<typeof inboxOf>; asker: Asker; claims: Claims | null }> {
  const principal = await principalOf(c);
  if (principal.kind === "key") {
    requireScope(principal.key, scope);
    return { inbox: inboxOf(c.env, userParam(c, null)), asker: "backend", claims: null };
  }
  const { claims } = principal;
  const { user: bearer, iat } = claims;
  const user = userParam(c, bearer);
  if (user !== bearer)
    return throwRefusal("insufficient_scope", "a token opens its own user's inbox only: use `me`");
  return { inbox: inboxOf(c.env, user, "user"), asker: { iat }, claims };
}

async function principalOf(c: Context<Hub>): Promise<Principal> {
  const credential = bearerOf(c.req.raw);
  const origin = c.req.header("origin");
  const principal = await authenticate(c.get("settings"), credential, origin, Date.now());
  if (principal.kind === "user") await requireUserLimit(c.env, principal.claims.user);
  return principal;
}
