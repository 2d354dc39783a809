// The routes of one user's inbox, other than publishing and connecting.

import type { Context } from "hono";
import * as v from "valibot";
import type { Mark } from "../objects/inbox-rpc.ts";
import { inboxOf } from "../objects/stubs.ts";
import { parseCursor } from "../protocol/cursor.ts";
import { type Refusal, RefusalError } from "../protocol/error.ts";
import { OFFSETS_MAX, PAGE_MAX } from "../protocol/limits.ts";
import { LIST_STATES } from "../protocol/message.ts";
import { isTime } from "../protocol/since.ts";
import { requireCap } from "../trust/may.ts";
import { requireUnexpired } from "../trust/token.ts";
import { requireInbox, requireKey } from "./auth.ts";
import { readJson } from "./body.ts";
import {
  type Hub,
  offsetParam,
  throwRefusal,
  topicParam,
  userParam,
  wholeQuery,
} from "./request.ts";

/** GET /v1/users/{user}/notifications */
export async function listNotifications(c: Context<Hub>): Promise<Response> {
  const { inbox, asker } = await requireInbox(c, "read");
  const state = c.req.query("state") ?? null;
  const listed = LIST_STATES.find((each) => each === state) ?? null;
  if (state !== null && listed === null)
    return throwRefusal("invalid_params", `\`state\` is one of ${LIST_STATES.join(", ")}`, "state");
  const since = c.req.query("since");
  const cursor = since === undefined ? null : parseCursor(since);
  if (since !== undefined && cursor === null)
    return throwRefusal("invalid_params", "`since` is a cursor, `<epoch>:<offset>`", "since");
  const other = ["limit", "before", "state", "category"].find((name) => c.req.query(name));
  if (cursor !== null && other !== undefined)
    return throwRefusal("invalid_params", "`since` lists all changes: send it alone", other);
  const query = {
    limit: wholeQuery(c, "limit", 1, PAGE_MAX) ?? PAGE_MAX,
    before: wholeQuery(c, "before", 0, Number.MAX_SAFE_INTEGER),
    state: listed,
    category: c.req.query("category") ?? null,
    since: cursor,
  };
  return json(await inbox.list(query, asker));
}

const offset = v.pipe(
  v.number("is a whole number"),
  v.safeInteger("is a whole number"),
  v.minValue(0, "is 0 or more"),
);
const markBody = v.strictObject({
  epoch: v.string(),
  offsets: v.optional(
    v.pipe(
      v.array(offset),
      v.minLength(1, "names at least one offset"),
      v.maxLength(OFFSETS_MAX, `names at most ${OFFSETS_MAX} offsets`),
    ),
  ),
  up_to: v.optional(offset),
  read: v.optional(v.boolean()),
  seen: v.optional(v.literal(true, "is true: a seen message stays seen")),
  archived: v.optional(v.boolean()),
});

/** PATCH /v1/users/{user}/notifications */
export async function markNotifications(c: Context<Hub>): Promise<Response> {
  const { inbox, asker, claims } = await requireInbox(c, "manage");
  const change = markFromBody(await readJson(c.req.raw, markBody));
  // The inbox itself checks whether the token was revoked.
  if (claims !== null) requireUnexpired(claims, Date.now());
  return json(await inbox.mark(change, asker));
}

function markFromBody(body: v.InferOutput<typeof markBody>): Mark {
  const { epoch, offsets, up_to: upTo, read, seen, archived } = body;
  if ((offsets === undefined) === (upTo === undefined))
    return throwRefusal("invalid_params", "name `offsets`, or everything `up_to` one", "offsets");
  if (read === undefined && seen === undefined && archived === undefined)
    return throwRefusal("invalid_params", "set one of `read`, `seen` and `archived`");
  if (upTo !== undefined && (read === false || archived !== undefined))
    return throwRefusal("invalid_params", "`up_to` goes with read: true and seen: true", "up_to");
  return {
    epoch,
    target: offsets === undefined ? { upTo: upTo as number } : { offsets },
    ...(read === undefined ? {} : { read }),
    ...(seen === undefined ? {} : { seen }),
    ...(archived === undefined ? {} : { archived }),
  };
}

/** DELETE /v1/users/{user}/notifications/{offset} */
export async function deleteNotification(c: Context<Hub>): Promise<Response> {
  const { inbox, asker } = await requireInbox(c, "manage");
  const target = { offsets: [offsetParam(c)] };
  const epoch = c.req.query("epoch") ?? null;
  const result = await inbox.mark({ epoch, target, remove: true }, asker);
  const response = json(result);
  const { changed } = JSON.parse(result as string) as { changed: boolean };
  return changed ? response : throwRefusal("not_found", "no message is kept at this offset");
}

/**
 * Allows for clocks that differ. A time far ahead would lock the user out, and cannot be taken back.
 */
const NOT_BEFORE_AHEAD_SECONDS_MAX = 60;

const disconnectBody = v.strictObject({
  reconnect: v.optional(v.boolean(), false),
  not_before: v.optional(v.pipe(v.string(), v.check(isTime, "is an RFC 3339 time"))),
});

/** DELETE /v1/users/{user}/connections */
export async function disconnectUser(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "manage");
  const user = userParam(c, null);
  const { reconnect, not_before: notBefore } = await readJson(c.req.raw, disconnectBody);
  // Rounded up to a whole second, the precision of `iat`: a revoked token must not pass as a new one.
  const seconds = notBefore === undefined ? null : Math.ceil(Date.parse(notBefore) / 1000);
  if (seconds !== null && seconds > Date.now() / 1000 + NOT_BEFORE_AHEAD_SECONDS_MAX)
    return throwRefusal("invalid_params", "`not_before` is a time that has come", "not_before");
  await inboxOf(c.env, user).disconnect(reconnect, seconds);
  return c.body(null, 204);
}

/** GET /v1/users/{user}/follows */
export async function listFollows(c: Context<Hub>): Promise<Response> {
  const { inbox, asker } = await requireInbox(c, "read");
  const topics = await inbox.following(asker);
  if (!Array.isArray(topics)) throw new RefusalError(topics);
  return Response.json({ follows: topics.map((topic) => ({ topic })) });
}

/** PUT /v1/users/{user}/follows/{topic} */
export async function followTopic(c: Context<Hub>): Promise<Response> {
  const topic = topicParam(c);
  const { inbox, asker, claims } = await requireInbox(c, "manage");
  if (claims !== null) requireCap(claims.caps, "follow", topic);
  const isNew = await inbox.follow(topic, asker);
  if (typeof isNew !== "boolean") throw new RefusalError(isNew);
  return Response.json({ topic }, { status: isNew ? 201 : 200 });
}

/** DELETE /v1/users/{user}/follows/{topic} */
export async function unfollowTopic(c: Context<Hub>): Promise<Response> {
  const topic = topicParam(c);
  const { inbox, asker } = await requireInbox(c, "manage");
  const did = await inbox.unfollow(topic, asker);
  if (typeof did !== "boolean") throw new RefusalError(did);
  return c.body(null, 204);
}

/** GET /v1/users/{user}/export */
export async function exportUser(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "read");
  const { body, headers } = await inboxOf(c.env, userParam(c, null)).fetch("https://object/export");
  // A new response, since the headers of the object's response cannot be changed.
  return new Response(body, { headers });
}

/** DELETE /v1/users/{user} */
export async function eraseUser(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "manage");
  await inboxOf(c.env, userParam(c, null)).erase();
  return c.body(null, 204);
}

function json(result: string | Refusal): Response {
  if (typeof result !== "string") throw new RefusalError(result);
  return new Response(result, { headers: { "content-type": "application/json" } });
}
