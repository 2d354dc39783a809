// A topic that lost a member by a fault: the inbox notices it when a device connects, and gets the messages
// that it missed.

import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Topic } from "../../src/topic/topic.ts";
import {
  interceptJoin,
  keptOf,
  type Named,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
} from "../support/member.ts";
import { BOTH, connect, draft, drafts } from "../support/object.ts";
import { meter } from "../support/object-meter.ts";

// Makes each connect the one in twenty that checks. An inbox takes `Math.random` from here as it wakes.
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Removes a member from a topic without the knowledge of its inbox, by the `leave` of a last member. */
async function loseMember({ stub }: Named<Topic>, user: string) {
  await stub.leave(`user:${user}`, false);
  await evictDurableObject(stub);
}

it.each(BOTH)(
  "[FOL8] a $name inbox that connects is a member again, and misses nothing",
  async ({ rest }) => {
    const [topic, ada] = [namedTopic(), namedUser()];
    await ada.stub.follow(topic.name, "backend");
    await topic.stub.publish(drafts(2));
    await untilDelivered(topic, 2);
    await loseMember(topic, ada.name);
    await topic.stub.publish(drafts(3, 3));
    expect(await topic.stub.followers("", 10)).toEqual([]);
    await rest(ada.stub);
    const socket = await connect(ada.stub, "latest", { user: ada.name });
    await until(async () => (await keptOf(ada, topic.name)).length === 5);
    expect(await topic.stub.followers("", 10)).toEqual([ada.name]);
    await topic.stub.publish([draft(6)]);
    await untilDelivered(topic, 6);
    const kept = await keptOf(ada, topic.name);
    expect(kept.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5, 6]);
    socket.ws.close();
  },
);

it("[FOL8] where nothing is wrong, the check of a connect costs one call to a topic, once in a while, and no row", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  await ada.stub.follow(topic.name, "backend");
  await topic.stub.publish(drafts(2));
  await untilDelivered(topic, 2);
  await evictDurableObject(ada.stub);
  await evictDurableObject(topic.stub);
  const counted = await meter(topic.stub);
  let joins = 0;
  const stop = interceptJoin(topic, (join) => (joining) => {
    joins += 1;
    return join(joining);
  });
  for (let n = 0; n < 3; n++) {
    const socket = await connect(ada.stub, "latest", { user: ada.name });
    await socket.nextOf("connected");
    await until(async () => joins > 0);
    await socket.roundTrip();
    socket.ws.close();
    await socket.nextClose();
  }
  stop();
  counted.stop();
  expect(joins).toBe(1);
  expect([counted.written(), counted.alarms]).toEqual([0, 0]);
  expect(await keptOf(ada, topic.name)).toHaveLength(2);
});
