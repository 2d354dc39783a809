// A topic and the inboxes that are its members, under names by which each finds the others.

import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { Inbox } from "../../src/inbox/inbox.ts";
import type { Batch, DeliverReply, Delivery, Joined, Joining } from "../../src/objects/member.ts";
import type { Refusal } from "../../src/protocol/error.ts";
import { Topic } from "../../src/topic/topic.ts";
import { list } from "./inbox.ts";

export interface Named<T extends Rpc.DurableObjectBranded> {
  name: string;
  stub: DurableObjectStub<T>;
}

export function namedTopic(): Named<Topic> {
  const name = `t-${crypto.randomUUID()}`;
  return { name, stub: env.TOPIC.getByName(`v1/-/topic/${name}`) };
}

export function namedUser(): Named<Inbox> {
  const name = `u-${crypto.randomUUID()}`;
  return { name, stub: env.INBOX.getByName(`v1/-/user/${name}`) };
}

/** Waits until every member has the message at the offset. */
export async function untilDelivered(topic: Named<Topic>, offset: number): Promise<Delivery> {
  let delivery: Delivery | null = null;
  await until(async () => {
    delivery = await topic.stub.delivery(offset);
    return delivery?.behind === 0;
  });
  return delivery as unknown as Delivery;
}

const WAIT_MS = 8_000;

/** Waits inside an object by polling each turn, since no other may resolve its promises. */
export async function holdUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Waits until a condition holds; each check is a call, which lets the objects work. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const late = performance.now() + WAIT_MS;
  while (!(await isSo())) {
    if (performance.now() > late) throw new Error("it did not come to be so");
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Returns data and topic offset of an inbox's messages of a topic, in the inbox's order. */
export async function keptOf(user: Named<Inbox>, topic: string) {
  const kept: { data: unknown; at: number | null | undefined }[] = [];
  for (let before: number | null = null; ; ) {
    const page = await list(user.stub, { before });
    for (const { data, topic: from, topic_offset: at } of page.notifications)
      if (from === topic) kept.push({ data, at });
    if (page.next === null) return kept.reverse();
    before = page.next;
  }
}

type Deliver = (batch: Batch) => Promise<DeliverReply>;

/** Replaces `deliver` of one inbox until the returned function is called. */
export function interceptDeliver(user: Named<Inbox>, instead: (own: Deliver) => Deliver) {
  const own = Inbox.prototype.deliver;
  const spy = vi.spyOn(Inbox.prototype, "deliver").mockImplementation(function (
    this: Inbox,
    batch: Batch,
  ) {
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    const deliver: Deliver = (each) => own.call(this, each);
    return id.name === `v1/-/user/${user.name}` ? instead(deliver)(batch) : deliver(batch);
  });
  return () => spy.mockRestore();
}

type Join = (joining: Joining) => Joined | Refusal | Promise<Joined | Refusal>;

/** Replaces `join` of one topic until the returned function is called. */
export function interceptJoin(topic: Named<Topic>, instead: (own: Join) => Join) {
  const own = Topic.prototype.join;
  const spy = vi.spyOn(Topic.prototype, "join").mockImplementation(function (
    this: Topic,
    joining: Joining,
  ) {
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    const join: Join = (each) => own.call(this, each);
    const isMeant = id.name === `v1/-/topic/${topic.name}`;
    return (isMeant ? instead(join)(joining) : join(joining)) as Promise<Joined | Refusal>;
  });
  return () => spy.mockRestore();
}

type Leaving = Parameters<Topic["leave"]>;

/**
 * Makes every `leave` of one topic fail for its caller before it is executed. The returned function
 * restores the topic and returns the calls, so that a test can let them arrive late.
 */
export function withholdLeaves(topic: Named<Topic>): () => Leaving[] {
  const withheld: Leaving[] = [];
  const own = Topic.prototype.leave;
  const spy = vi.spyOn(Topic.prototype, "leave").mockImplementation(async function (
    this: Topic,
    ...leaving: Leaving
  ) {
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    if (id.name !== `v1/-/topic/${topic.name}`) return own.apply(this, leaving);
    withheld.push(leaving);
    throw new Error("away");
  });
  return () => {
    spy.mockRestore();
    return withheld;
  };
}

/** Makes deliveries fail as `how` says for each user: before the work is done, or after it. */
export function interceptAllDelivers(how: (user: string) => "before" | "after" | null) {
  const own = Inbox.prototype.deliver;
  const spy = vi.spyOn(Inbox.prototype, "deliver").mockImplementation(async function (
    this: Inbox,
    batch: Batch,
  ) {
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    const fails = how((id.name ?? "").slice("v1/-/user/".length));
    if (fails === "before") throw new Error("broken before it did anything");
    const held = await own.call(this, batch);
    if (fails === "after") throw new Error("broken on the way back");
    return held;
  });
  return () => spy.mockRestore();
}

/** Makes every `deliver` to an inbox fail until the returned function is called. */
export function breakDeliver(user: Named<Inbox>): () => void {
  return interceptDeliver(user, () => () => Promise.reject(new Error("broken for a test")));
}

/**
 * Delays every `deliver`. An inbox with a name that begins with `sleeper-` does nothing else, and is
 * counted when it answers.
 */
export function answerLate(delayMs: () => number): { asleep: number } {
  const answered = { asleep: 0 };
  const own = Inbox.prototype.deliver;
  vi.spyOn(Inbox.prototype, "deliver").mockImplementation(async function (
    this: Inbox,
    batch: Batch,
  ) {
    await new Promise((resolve) => setTimeout(resolve, delayMs()));
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    if (!id.name?.includes("/sleeper-")) return own.call(this, batch);
    const { epoch, to: offset, generation } = batch;
    answered.asleep += 1;
    return { epoch, offset, generation, isAnyone: true, hasSockets: false };
  });
  return answered;
}
