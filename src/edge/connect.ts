// GET …/connect: the edge admits a WebSocket or an event stream, and an object serves it.

import type { Context } from "hono";
import { requireUnrevoked } from "../objects/revocation.ts";
import { inboxOf, topicOf } from "../objects/stubs.ts";
import { topicFault } from "../protocol/address.ts";
import { parseSince, printCursor, type Since } from "../protocol/cursor.ts";
import { type Refusal, RefusalError } from "../protocol/error.ts";
import { STREAM_TOPICS_MAX, TOPICS_MAX, URL_TOKEN_AGE_SECONDS_MAX } from "../protocol/limits.ts";
import { parseTopicSince, SUBSCRIBE_SINCE_FORMS } from "../protocol/since.ts";
import { ANONYMOUS, type Caller } from "../socket/attachment.ts";
import { openSocket, SUBPROTOCOL, type Upgrade } from "../socket/upgrade.ts";
import { capRefusal, requireScope } from "../trust/may.ts";
import { authenticate, bearerOf, NO_CREDENTIAL, type Principal, strangersRefusal } from "./auth.ts";
import { requireUserLimit } from "./limit.ts";
import { learnAccess } from "./public-topics.ts";
import { type Hub, throwRefusal, topicParam } from "./request.ts";
import { parseStreamId, type StreamId, streamOf } from "./stream.ts";
import { offerOf, type SubprotocolOffer } from "./subprotocol.ts";
import { isTicketOf, ticketOf } from "./ticket.ts";

/** GET /v1/connect: the inbox of the token's user. */
export async function connectInbox(c: Context<Hub>): Promise<Response> {
  const offer = requireConnect(c);
  const asked = sinceOf(c);
  const resumed = parseStreamId(asked);
  const since = parseSince(
    resumed === null ? asked : (resumed.inbox ?? c.req.query("since") ?? null),
  );
  if (since === null)
    return refuseSince("`since` is a cursor `<epoch>:<offset>` out of a frame, or `latest`");
  const topics = topicsOf(c, offer, resumed);
  const principal = await connecting(c, offer);
  if (principal === null) throw new RefusalError(NO_CREDENTIAL);
  if (principal.kind === "key")
    return throwRefusal("insufficient_scope", "an inbox is its user's: connect with a user token");
  const { user } = principal.claims;
  const caller = callerOf(principal);
  return open(
    inboxOf(c.env, user, "user"),
    offer,
    { caller, since, ...topics },
    null,
    await ticketFor(c, principal),
  );
}

/** GET /v1/topics/{topic}/connect: one topic. */
export async function connectTopic(c: Context<Hub>): Promise<Response> {
  const offer = requireConnect(c);
  const since = parseTopicSince(sinceOf(c), Date.now());
  if (since === null) return refuseSince(SUBSCRIBE_SINCE_FORMS);
  const topic = topicParam(c);
  const principal = await connecting(c, offer);
  let unlessPublic: Refusal | null = null;
  if (principal === null) unlessPublic = strangersRefusal(c, topic);
  else if (principal.kind === "key") requireScope(principal.key, "read");
  else unlessPublic = capRefusal(principal.claims.caps, "subscribe", topic);
  const caller = callerOf(principal);
  const near = principal?.kind === "key" ? "backend" : "user";
  const response = await open(
    topicOf(c.env, topic, near),
    offer,
    { caller, since, unlessPublic },
    topic,
    await ticketFor(c, principal),
  );
  if (unlessPublic !== null) learnAccess(c.env, topic, true, Date.now());
  return response;
}

/**
 * Parses `?topics=` of a connect: names joined by commas, each with its own `since` after a `~`. A wrong
 * entry is refused alone, by a frame on the connection, since one connect carries the topics of many
 * parts of an app.
 */
function topicsOf(
  c: Context<Hub>,
  { isUpgrade }: SubprotocolOffer,
  resumed: StreamId | null,
): Required<Pick<Upgrade, "topics" | "refusedTopics">> {
  const text = c.req.query("topics") ?? "";
  const items = text === "" ? [] : text.split(",");
  const most = isUpgrade ? TOPICS_MAX : STREAM_TOPICS_MAX;
  if (items.length > most)
    return throwRefusal("invalid_params", `name at most ${most} topics`, "topics");
  const now = Date.now();
  const topics = new Map<string, Since>();
  const refused = new Map<string, string>();
  for (const item of items) {
    const [topic = "", since = null, ...more] = item.split("~");
    const begin = parseTopicSince(resumed?.topics.get(topic) ?? since, now);
    const fault = more.length > 0 ? "a topic has one `since`, after a ~" : topicFault(topic);
    if (fault !== null) refused.set(topic, fault);
    else if (topics.has(topic)) refused.set(topic, "name each topic once");
    else if (begin === null) refused.set(topic, `after the ~, ${SUBSCRIBE_SINCE_FORMS}`);
    else topics.set(topic, begin);
  }
  // A client could not know whether a name with both a `reply` and an `error` is subscribed to.
  for (const topic of refused.keys()) topics.delete(topic);
  return {
    topics: Array.from(topics, ([topic, since]) => ({ topic, since })),
    refusedTopics: Array.from(refused, ([topic, fix]) => ({ topic, fix })),
  };
}

const refuseSince = (fix: string) => throwRefusal("invalid_params", fix, "since");

/** Requires a WebSocket upgrade or a request for an event stream; returns its offer. */
function requireConnect(c: Context<Hub>): SubprotocolOffer {
  const { raw } = c.req;
  const offer = offerOf(raw);
  if (offer.protocol !== null && offer.protocol !== SUBPROTOCOL)
    return throwRefusal("upgrade_required", `this hub speaks ${SUBPROTOCOL}`);
  if (raw.method === "HEAD" || (!offer.isUpgrade && !wantsStream(raw)))
    return throwRefusal(
      "upgrade_required",
      "open this as a WebSocket, or send `Accept: text/event-stream`",
    );
  return offer;
}

/**
 * Returns the `since` of the request, without a ticket; null when it is absent. An empty event id counts
 * as absent.
 */
function sinceOf(c: Context<Hub>): string | null {
  const { id } = splitTicket(c.req.header("last-event-id") || c.req.query("lastEventId") || "");
  return id || (c.req.query("since") ?? null);
}

/**
 * Splits the `id` of an event: cursors and, after a semicolon, the ticket of a stream with the token in
 * its URL.
 */
function splitTicket(text: string): { id: string; ticket: string | null } {
  const [id = "", ticket = null] = text.split(";", 2);
  return { id, ticket };
}

const wantsStream = (request: Request) =>
  (request.headers.get("accept") ?? "").includes("text/event-stream");

/**
 * Returns the authenticated caller; null without a credential, which is enough for a public topic.
 */
async function connecting(c: Context<Hub>, { token }: SubprotocolOffer): Promise<Principal | null> {
  const { raw } = c.req;
  const now = Date.now();
  const inUrl = c.req.query("access_token") ?? null;
  const credential = token ?? bearerOf(raw) ?? inUrl;
  if (credential === null) return null;
  const origin = c.req.header("origin");
  const principal = await authenticate(c.get("settings"), credential, origin, now);
  if (principal.kind === "key") {
    // URLs and sub-protocols end up in logs, so neither may hold an API key.
    if (token !== null || credential !== bearerOf(raw))
      return throwRefusal("unauthorized", "send an API key in the Authorization header only");
    return principal;
  }
  const { iat, user } = principal.claims;
  await requireUserLimit(c.env, user);
  if (credential !== inUrl || (iat !== null && now / 1000 - iat <= URL_TOKEN_AGE_SECONDS_MAX))
    return principal;
  // The ticket is read from the header only: a leaked URL must not be enough to connect.
  const { ticket } = splitTicket(c.req.header("last-event-id") ?? "");
  if (ticket === null || !(await isTicketOf(c.get("settings"), inUrl, ticket)))
    return throwRefusal(
      "invalid_token",
      `a token in a URL is at most ${URL_TOKEN_AGE_SECONDS_MAX} seconds old (claim \`iat\`): URLs end up in logs`,
    );
  await requireUnrevoked(c.env, principal.claims, "user");
  return principal;
}

/**
 * Returns the ticket with which an event stream reconnects; null where the token is not in its URL.
 */
function ticketFor(c: Context<Hub>, principal: Principal | null): Promise<string> | null {
  const inUrl = c.req.query("access_token");
  if (principal?.kind !== "user" || inUrl === undefined || bearerOf(c.req.raw) !== null)
    return null;
  return ticketOf(c.get("settings"), inUrl);
}

function callerOf(principal: Principal | null): Caller {
  const connection = `c_${crypto.randomUUID()}`;
  const nobody = { connection, user: null, exp: null, iat: null, caps: {} };
  if (principal === null) return { ...nobody, source: ANONYMOUS };
  if (principal.kind === "key") return { ...nobody, source: principal.key.name };
  const { user, exp, iat, caps } = principal.claims;
  return { connection, user, source: `user:${user}`, exp, iat, caps };
}

/**
 * Returns the cursors that a stream begins with. Each event `id` lists all of them, moved or not.
 */
function initialCursors({ since, topics = [] }: Omit<Upgrade, "offered">): StreamId {
  const cursorOf = (begin: Since) =>
    begin === "latest"
      ? begin
      : typeof begin === "object" && "epoch" in begin
        ? printCursor(begin.epoch, begin.offset)
        : null;
  const known = topics.map(({ topic, since: begin }) => [topic, cursorOf(begin)] as const);
  const moved = known.filter((each): each is [string, string] => each[1] !== null);
  return { inbox: cursorOf(since), topics: new Map(moved) };
}

async function open(
  stub: Pick<Fetcher, "fetch">,
  { isUpgrade, protocol }: SubprotocolOffer,
  upgrade: Omit<Upgrade, "offered">,
  ownTopic: string | null,
  ticket: string | null,
): Promise<Response> {
  const response = await openSocket(stub, {
    ...upgrade,
    offered: protocol !== null,
    isStream: !isUpgrade,
  });
  if (response.status !== 101) throw new RefusalError((await response.json()) as Refusal);
  if (isUpgrade) return response;
  const ws = response.webSocket as WebSocket;
  const begun = { ...initialCursors(upgrade), ticket };
  return streamOf(ws, ownTopic, begun, upgrade.caller.exp, Date.now(), random);
}

/** Returns a random number from 0 to 1, without 1. */
function random(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}
