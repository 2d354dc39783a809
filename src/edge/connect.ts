// GET …/connect: a WebSocket or an event stream, let in here and carried on by an object.

import type { Context } from "hono";
import { inboxOf, nearContinent, topicOf } from "../objects.ts";
import { parseSince, type Since } from "../protocol/cursor.ts";
import { type Refusal, RefusalError } from "../protocol/error.ts";
import { URL_TOKEN_AGE_SECONDS_MAX } from "../protocol/limits.ts";
import type { Caller } from "../socket/attachment.ts";
import { printUpgrade, SUBPROTOCOL } from "../socket/upgrade.ts";
import { authenticate, bearerOf, type Principal, withCap, withScope } from "./auth.ts";
import { isUpgrade, offeredProtocol, offeredToken } from "./offer.ts";
import { type Hub, throwRefusal, topicParam } from "./request.ts";
import { streamOf } from "./stream.ts";

/** GET /v1/connect: the bearer's inbox. */
export async function connectInbox(c: Context<Hub>): Promise<Response> {
  const since = beginOf(c);
  if (c.req.query("topics") !== undefined)
    return throwRefusal("invalid_params", "connect to /v1/topics/{topic}/connect", "topics");
  const principal = await connecting(c);
  if (principal.kind === "key")
    return throwRefusal("insufficient_scope", "an inbox is its user's: connect with a user token");
  const { user } = principal.claims;
  const near = nearContinent((c.req.raw.cf as { continent?: string } | undefined)?.continent);
  return open(c, inboxOf(c.env, user, near), callerOf(principal), since);
}

/** GET /v1/topics/{topic}/connect: one topic. */
export async function connectTopic(c: Context<Hub>): Promise<Response> {
  const since = beginOf(c);
  const topic = topicParam(c);
  const principal = await connecting(c);
  if (principal.kind === "key") withScope(principal.key, "read");
  else withCap(principal.claims, "subscribe", topic);
  return open(c, topicOf(c.env, topic), callerOf(principal), since);
}

/** Where to begin, once it is clear that this is a connect at all. */
function beginOf(c: Context<Hub>): Since {
  const { raw } = c.req;
  const offered = offeredProtocol(raw);
  if (offered !== null && offered !== SUBPROTOCOL)
    return throwRefusal("upgrade_required", `this hub speaks ${SUBPROTOCOL}`);
  if (raw.method === "HEAD" || (!isUpgrade(raw) && !wantsStream(raw)))
    return throwRefusal(
      "upgrade_required",
      "open this as a WebSocket, or send `Accept: text/event-stream`",
    );
  const text = c.req.header("last-event-id") ?? c.req.query("since") ?? null;
  const since = parseSince(text);
  if (since === null)
    return throwRefusal(
      "invalid_params",
      "`since` is a cursor `<epoch>:<offset>` out of a frame, or `latest`",
      "since",
    );
  return since;
}

const wantsStream = (request: Request) =>
  (request.headers.get("accept") ?? "").includes("text/event-stream");

async function connecting(c: Context<Hub>): Promise<Principal> {
  const { raw } = c.req;
  const now = Date.now();
  const inUrl = c.req.query("access_token") ?? null;
  const credential = offeredToken(raw) ?? bearerOf(raw) ?? inUrl;
  const origin = c.req.header("origin");
  const principal = await authenticate(c.get("settings"), credential, origin, now);
  if (principal.kind === "key") {
    // Neither a URL nor a sub-protocol is a place for a key: both end up in logs.
    if (offeredToken(raw) !== null || credential !== bearerOf(raw))
      return throwRefusal("unauthorized", "send an API key in the Authorization header only");
    return principal;
  }
  const { iat } = principal.claims;
  if (credential === inUrl && (iat === null || now / 1000 - iat > URL_TOKEN_AGE_SECONDS_MAX))
    return throwRefusal(
      "invalid_token",
      `a token in a URL is at most ${URL_TOKEN_AGE_SECONDS_MAX} seconds old (claim \`iat\`): URLs end up in logs`,
    );
  return principal;
}

function callerOf(principal: Principal): Caller {
  const connection = `c_${crypto.randomUUID()}`;
  if (principal.kind === "key")
    return { connection, user: null, source: principal.key.name, exp: null, iat: null, caps: {} };
  const { user, exp, iat, caps } = principal.claims;
  return { connection, user, source: `user:${user}`, exp, iat, caps };
}

async function open(
  c: Context<Hub>,
  stub: Pick<Fetcher, "fetch">,
  caller: Caller,
  since: Since,
): Promise<Response> {
  const { raw } = c.req;
  const offered = offeredProtocol(raw) !== null;
  const response = await stub.fetch(printUpgrade({ caller, since, offered }));
  if (response.webSocket === null) {
    const { code, fix, field } = (await response.json()) as Refusal;
    throw new RefusalError(code, fix, field);
  }
  return isUpgrade(raw) ? response : streamOf(response.webSocket, caller.exp, Date.now());
}
