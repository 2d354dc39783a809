// A topic and the inboxes that are its members, by names of their own, so that each finds the others.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { LogMessage } from "../../src/protocol/message.ts";
import type { Delivery } from "../../src/topic/fan-out.ts";
import type { Topic } from "../../src/topic/topic.ts";
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

/** Waits until every member has the message at the offset; each look lets the objects work. */
export async function untilDelivered(topic: Named<Topic>, offset: number): Promise<Delivery> {
  for (let look = 0; look < 2_000; look++) {
    const delivery = await topic.stub.delivery(offset);
    if (delivery !== null && delivery.behind === 0) return delivery;
  }
  throw new Error(`the message at ${offset} did not reach every member`);
}

/** What an inbox has of a topic: the data and the topic's offset of each, in the inbox's order. */
export async function keptOf(user: Named<Inbox>, topic: string) {
  const { notifications } = await list(user.stub);
  return notifications
    .filter((each) => each.topic === topic)
    .map(({ data, topic_offset }) => ({ data, at: topic_offset }))
    .reverse();
}

export const dataOf = (messages: LogMessage[]) => messages.map(({ data }) => data);

/** Makes every deliver to the inbox fail until the function it gives is called. */
export async function breakDeliver(user: Named<Inbox>): Promise<() => Promise<void>> {
  await runInDurableObject(user.stub, (inbox) => {
    Object.assign(inbox, {
      deliver: () => {
        throw new Error("broken for a test");
      },
    });
  });
  return () =>
    runInDurableObject(user.stub, (inbox) => {
      delete (inbox as { deliver?: unknown }).deliver;
    });
}
