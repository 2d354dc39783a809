// The three routes that publish over HTTP.

import type { Context } from "hono";
import type { Outcome } from "../log/entry.ts";
import { logOf, type Near } from "../objects/stubs.ts";
import type { Address } from "../protocol/address.ts";
import { isRefusal, type Refusal, RefusalError } from "../protocol/error.ts";
import { ID_BYTES_MAX } from "../protocol/limits.ts";
import { type Items, parseItems } from "../publish/body-items.ts";
import { type Delivery, publishTo, readDeliveries } from "../publish/deliveries.ts";
import { type Prepared, type Publisher, prepare } from "../publish/prepare.ts";
import { replyToList, replyToOne, resultOf } from "../publish/reply.ts";
import type { Claims } from "../trust/token.ts";
import { publisherOf, requireKey, requirePublisher, requireStillGood } from "./auth.ts";
import { readBody } from "./body.ts";
import { type Hub, throwRefusal, topicParam, userParam } from "./request.ts";

/** POST /v1/users/{user}/notifications */
export async function publishToUser(c: Context<Hub>): Promise<Response> {
  const key = await requireKey(c, "publish");
  const to: Address = { kind: "user", name: userParam(c, null) };
  return publishItems(c, to, publisherOf(c, key), null);
}

/** POST /v1/topics/{topic}/messages */
export async function publishToTopic(c: Context<Hub>): Promise<Response> {
  const topic = topicParam(c);
  const { publisher, claims } = await requirePublisher(c, topic);
  return publishItems(c, { kind: "topic", name: topic }, publisher, claims);
}

/** POST /v1/publish: each message names its addresses. */
export async function publishToMany(c: Context<Hub>): Promise<Response> {
  const key = await requireKey(c, "publish");
  const { items, isList } = await readItems(c);
  const deliveries = await readDeliveries(items, publisherOf(c, key), isList, idempotencyKey(c));
  const outcomes = await publishTo(c.env, deliveries, c.get("requestId"));
  const [only] = deliveries;
  if (!isList && deliveries.length === 1 && only?.isSingle)
    return answerOne(outcomes[0] as Outcome | Refusal);
  return replyToList(
    outcomes.map((outcome, i) => {
      const { to } = deliveries[i] as Delivery;
      return to === null ? resultOf(outcome) : { to, ...resultOf(outcome) };
    }),
  );
}

async function publishItems(
  c: Context<Hub>,
  to: Address,
  publisher: Publisher,
  claims: Claims | null,
): Promise<Response> {
  const body = await readItems(c);
  const key = idempotencyKey(c);
  await requireStillGood(c, claims);
  const prepared = await prepareAll(body, to, publisher, key);
  const near = claims === null ? "backend" : "user";
  const outcomes = await publishPrepared(c, to, near, prepared);
  return body.isList
    ? replyToList(outcomes.map(resultOf))
    : answerOne(outcomes[0] as Outcome | Refusal);
}

function prepareAll(
  { items, isList }: Items,
  to: Address,
  publisher: Publisher,
  key: string | null,
): Promise<(Prepared | Refusal)[]> {
  return Promise.all(
    items.map((item, i) =>
      isRefusal(item)
        ? item
        : prepare(item.value, to, publisher, key === null || !isList ? key : `${key}/${i}`),
    ),
  );
}

/**
 * Makes one call if every message is accepted and for this address. Otherwise makes one call for each
 * address, since a handler has redirected some, or some are refused.
 */
async function publishPrepared(
  c: Context<Hub>,
  to: Address,
  near: Near,
  prepared: (Prepared | Refusal)[],
): Promise<(Outcome | Refusal)[]> {
  const isHere = (each: Prepared | Refusal): each is Prepared =>
    "draft" in each && each.to.kind === to.kind && each.to.name === to.name;
  if (prepared.every(isHere))
    return logOf(c.env, to, near).publish(
      prepared.map(({ draft }) => draft),
      c.get("requestId"),
    );
  const deliveries = prepared.map((each) => ({ to: null, isSingle: true, prepared: each }));
  return publishTo(c.env, deliveries, c.get("requestId"));
}

async function readItems(c: Context<Hub>): Promise<Items> {
  return parseItems(await readBody(c.req.raw), c.req.header("content-type") ?? null);
}

function idempotencyKey(c: Context<Hub>): string | null {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > ID_BYTES_MAX - "/999".length)
    return throwRefusal("invalid_params", "Idempotency-Key is 1 to 251 visible ASCII characters");
  return key;
}

function answerOne(outcome: Outcome | Refusal): Response {
  const reply = replyToOne(outcome);
  if (isRefusal(reply)) throw new RefusalError(reply);
  return reply;
}
