// Who are you, and may you? One function for each kind of right that a route asks for.

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

/** Whoever presented valid credentials. */
export type Principal = { kind: "key"; key: ApiKey } | { kind: "user"; claims: Claims };

/** Takes a key or a token; gives whose it is. Throws a RefusalError when it is nobody's. */
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
  // A browser that holds an API key has given it to everyone who looks.
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

/** The credential of the Authorization header, the only place an API key is read from. */
export function bearerOf(request: Request): string | null {
  const header = request.headers.get("authorization");
  if (header === null) return null;
  const match = /^Bearer +(\S+)$/i.exec(header);
  if (!match)
    throw new RefusalError(refusal("unauthorized", "write `Authorization: Bearer <credential>`"));
  return match[1] as string;
}

/** For routes of backends: an API key with the scope. */
export async function requireKey(c: Context<Hub>, scope: Scope): Promise<ApiKey> {
  const principal = await principalOf(c);
  if (principal.kind !== "key")
    return throwRefusal("insufficient_scope", "this takes an API key, not a user's token");
  requireScope(principal.key, scope);
  return principal.key;
}

/** For publishing to a topic: an API key, or a token whose caps allow it, with what it claims. */
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
 * Whether a token that was checked is still good, once all that it brings is there: a body may come
 * slowly, and no object is woken to ask about a request that is refused anyway.
 */
export async function requireStillGood(c: Context<Hub>, claims: Claims | null): Promise<void> {
  if (claims === null) return;
  requireUnexpired(claims, Date.now());
  await requireUnrevoked(c.env, claims, "user");
}

/** A backend publishes under its key's name, or under a source that is nobody else's. */
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
 * For reading a topic: an API key, or a token whose caps allow to subscribe, with what it claims.
 * `unlessPublic` is why the caller is refused at a topic that is not public; null when it is not.
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
 * Why a caller without a credential is refused at a topic that is not public. Throws where nothing says
 * that it may be public, so that no name that a stranger makes up wakes an object.
 */
export function strangersRefusal(c: Context<Hub>, topic: string): Refusal {
  if (!mayBePublic(c.env, topic, Date.now()))
    return throwRefusal(
      NO_CREDENTIAL.code,
      `${NO_CREDENTIAL.fix}; a topic for strangers is declared public in the var TOPIC_DEFAULTS`,
    );
  return NO_CREDENTIAL;
}

/** Said to whoever presents nothing. */
export const NO_CREDENTIAL = refusal(
  "unauthorized",
  "send `Authorization: Bearer <API key or user token>`",
);

/** For an inbox: an API key with the scope, or the user whose inbox it is. */
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
