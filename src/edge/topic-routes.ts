// The routes of a topic, other than publishing and connecting.

import type { Context } from "hono";
import { inboxOf, topicOf } from "../objects/stubs.ts";
import type { TopicSummary } from "../objects/topic-rpc.ts";
import { userFault } from "../protocol/address.ts";
import { type Refusal, RefusalError } from "../protocol/error.ts";
import { DAY_MS, PAGE_MAX } from "../protocol/limits.ts";
import { parseHistorySince, SINCE_FORMS } from "../protocol/since.ts";
import { topicSettingsBody, topicSettingsFrom } from "../settings/topic.ts";
import { readerOf, requireKey, requireStillGood } from "./auth.ts";
import { readJson } from "./body.ts";
import { learnAccess } from "./public-topics.ts";
import {
  type Hub,
  offsetParam,
  throwRefusal,
  topicParam,
  userParam,
  wholeQuery,
} from "./request.ts";

/** GET /v1/topics/{topic}/messages */
export async function listMessages(c: Context<Hub>): Promise<Response> {
  const topic = topicParam(c);
  const { unlessPublic, claims, near } = await readerOf(c, topic);
  const text = c.req.query("since") ?? null;
  const since = text === null ? null : parseHistorySince(text, Date.now());
  if (text !== null && since === null) return throwRefusal("invalid_params", SINCE_FORMS, "since");
  const query = {
    since,
    before: wholeQuery(c, "before", 0, Number.MAX_SAFE_INTEGER),
    limit: wholeQuery(c, "limit", 1, PAGE_MAX) ?? PAGE_MAX,
  };
  await requireStillGood(c, claims);
  const page = json(await topicOf(c.env, topic, near).history(query, unlessPublic));
  if (unlessPublic !== null) learnAccess(c.env, topic, true, Date.now());
  return page;
}

/** GET /v1/topics/{topic}/messages/{offset} */
export async function getMessage(c: Context<Hub>): Promise<Response> {
  const topic = topicParam(c);
  const { unlessPublic, claims, near } = await readerOf(c, topic);
  const offset = offsetParam(c);
  await requireStillGood(c, claims);
  const message = await topicOf(c.env, topic, near).message(offset, unlessPublic);
  const answer = message === null ? null : json(message);
  if (unlessPublic !== null) learnAccess(c.env, topic, true, Date.now());
  return answer ?? throwRefusal("not_found", "no message is kept at this offset");
}

/** GET /v1/topics/{topic}/messages/{offset}/delivery */
export async function getDelivery(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "read");
  const topic = topicParam(c);
  const delivery = await topicOf(c.env, topic).delivery(offsetParam(c));
  return delivery === null
    ? throwRefusal("not_found", "no message was published at this offset yet")
    : Response.json(delivery);
}

/** GET /v1/topics/{topic} */
export async function getTopic(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "read");
  const topic = topicParam(c);
  return standing(c, topic, await topicOf(c.env, topic).standing());
}

/** PUT /v1/topics/{topic} */
export async function putTopic(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "manage");
  const topic = topicParam(c);
  const body = await readJson(c.req.raw, topicSettingsBody);
  return standing(c, topic, await topicOf(c.env, topic).set(topicSettingsFrom(body)));
}

/** GET /v1/topics/{topic}/followers */
export async function listFollowers(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "read");
  const topic = topicParam(c);
  const limit = wholeQuery(c, "limit", 1, PAGE_MAX) ?? PAGE_MAX;
  const after = c.req.query("after") ?? "";
  const fault = after === "" ? null : userFault(after);
  if (fault !== null) return throwRefusal("invalid_params", fault, "after");
  const found = await topicOf(c.env, topic).followers(after, limit + 1);
  const followers = found.slice(0, limit);
  return Response.json({ followers, next: found.length > limit ? followers[limit - 1] : null });
}

/** GET /v1/topics/{topic}/followers/{user} */
export async function getFollower(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "read");
  const topic = topicParam(c);
  const user = userParam(c, null);
  const topics = await inboxOf(c.env, user).following("backend");
  return Array.isArray(topics) && topics.includes(topic)
    ? Response.json({ user, topic })
    : throwRefusal("not_found", "this user does not follow the topic");
}

/** DELETE /v1/topics/{topic}/followers/{user} */
export async function deleteFollower(c: Context<Hub>): Promise<Response> {
  await requireKey(c, "manage");
  const topic = topicParam(c);
  await inboxOf(c.env, userParam(c, null)).unfollow(topic, "backend");
  return c.body(null, 204);
}

function standing(c: Context<Hub>, topic: string, stands: TopicSummary): Response {
  const { access, messagesMax, ageMs, cursor, members } = stands;
  learnAccess(c.env, topic, access === "public", Date.now());
  const age = { messages_max: messagesMax, age_days: ageMs / DAY_MS };
  return Response.json({ topic, access, ...age, cursor, members });
}

function json(result: string | Refusal): Response {
  if (typeof result !== "string") throw new RefusalError(result);
  return new Response(result, { headers: { "content-type": "application/json" } });
}
