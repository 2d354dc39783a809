// The routes of a topic, other than publishing and connecting.

import type { Context } from "hono";
import { topicOf } from "../objects.ts";
import { PAGE_MAX } from "../protocol/limits.ts";
import { parseHistorySince, SINCE_FORMS } from "../protocol/since.ts";
import { requireReader } from "./auth.ts";
import { type Hub, throwRefusal, topicParam, wholeQuery } from "./request.ts";

/** GET /v1/topics/{topic}/messages */
export async function listMessages(c: Context<Hub>): Promise<Response> {
  const topic = topicParam(c);
  await requireReader(c, topic);
  const text = c.req.query("since") ?? null;
  const since = text === null ? null : parseHistorySince(text, Date.now());
  if (text !== null && since === null) return throwRefusal("invalid_params", SINCE_FORMS, "since");
  const page = await topicOf(c.env, topic).history({
    since,
    before: wholeQuery(c, "before", 0, Number.MAX_SAFE_INTEGER),
    limit: wholeQuery(c, "limit", 1, PAGE_MAX) ?? PAGE_MAX,
  });
  return new Response(page, { headers: { "content-type": "application/json" } });
}
