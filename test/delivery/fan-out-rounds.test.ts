// Events while a round is under way or about to begin: another message, another member, another call; and a
// round for which an event has no call left.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { CallBudget } from "../../src/delivery/call-budget.ts";
import { Inbox } from "../../src/inbox/inbox.ts";
import type { Batch } from "../../src/objects/member.ts";
import type { Topic } from "../../src/topic/topic.ts";
import {
  holdUntil,
  keptOf,
  type Named,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
} from "../support/member.ts";
import { connect, draft, drafts } from "../support/object.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Returns a user with a device that subscribes to the topic. */
async function watching(topic: Named<Topic>) {
  const user = namedUser();
  const named = [{ topic: topic.name, since: "latest" as const }];
  const socket = await connect(user.stub, "latest", { user: user.name }, named);
  await socket.nextOf("reply");
  return { user, socket };
}

async function following(topic: Named<Topic>) {
  const user = namedUser();
  await user.stub.follow(topic.name, "backend");
  return user;
}

/** Counts the calls to each inbox, and holds those to an inbox for as long as it is in `held`. */
function callsOfAll(...users: Named<Inbox>[]) {
  const held = new Set(users.map(({ name }) => name));
  const counts = new Map<string, number>();
  const own = Inbox.prototype.deliver;
  vi.spyOn(Inbox.prototype, "deliver").mockImplementation(async function (
    this: Inbox,
    batch: Batch,
  ) {
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    const user = (id.name ?? "").slice("v1/-/user/".length);
    counts.set(user, (counts.get(user) ?? 0) + 1);
    await holdUntil(() => !held.has(user));
    return own.call(this, batch);
  });
  return { held, to: ({ name }: Named<Inbox>) => counts.get(name) ?? 0 };
}

it("[DEL7] a live member is called once for a message, by the round or ahead of it", async () => {
  const topic = namedTopic();
  const { user, socket } = await watching(topic);
  const calls = callsOfAll();
  await topic.stub.publish([draft("now")]);
  await untilDelivered(topic, 1);
  expect((await socket.messages()).messages).toMatchObject([{ data: "now" }]);
  expect(calls.to(user)).toBe(1);
});

it("[DEL7] a live member is called once for a message, however long another one takes", async () => {
  const topic = namedTopic();
  const { user, socket } = await watching(topic);
  const asleep = await following(topic);
  const calls = callsOfAll(asleep);
  await topic.stub.publish([draft("now")]);
  expect((await socket.messages()).messages).toMatchObject([{ data: "now" }]);
  // The round still waits for the member that sleeps.
  for (let n = 0; n < 20; n++)
    expect(await topic.stub.delivery(1)).toMatchObject({ members: 2, behind: 2 });
  expect([calls.to(user), calls.to(asleep)]).toEqual([1, 1]);
  calls.held.clear();
  await untilDelivered(topic, 1);
  expect([calls.to(user), calls.to(asleep)]).toEqual([1, 1]);
});

it("[DEL8] a live message that is published during a round reaches a member called in it", async () => {
  const topic = namedTopic();
  // The topic does not know yet that a device is there: it learns that from the answer.
  const ada = await following(topic);
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  await socket.nextOf("connected");
  const calls = callsOfAll(ada);
  await topic.stub.publish([draft("kept")]);
  await until(async () => calls.to(ada) === 1);
  await topic.stub.publish([draft("live", { ttl: 0 })]);
  calls.held.clear();
  for (const data of ["kept", "live"])
    expect((await socket.messages()).messages).toMatchObject([{ data }]);
});

it("[DEL1] a member that joins before a round begins keeps no message from the others", async () => {
  const topic = namedTopic();
  const ada = await following(topic);
  const bob = { member: "user:bob", follows: false, since: "latest" as const, unlessPublic: null };
  // The join comes in the turn of the publish; the round begins in a later one.
  await runInDurableObject(topic.stub, (object) =>
    Promise.all([object.publish([draft("kept")]), object.join(bob)]),
  );
  await untilDelivered(topic, 1);
  expect(await keptOf(ada, topic.name)).toEqual([{ data: "kept", at: 1 }]);
});

it("[TOP5] a topic keeps messages that a round has yet to deliver, beyond its limit", async () => {
  const topic = namedTopic();
  await topic.stub.set({ messagesMax: 10 });
  const ada = await following(topic);
  const calls = callsOfAll(ada);
  await topic.stub.publish(drafts(5));
  await until(async () => calls.to(ada) === 1);
  await topic.stub.publish(drafts(10, 6));
  await topic.stub.publish(drafts(10, 16));
  calls.held.clear();
  await untilDelivered(topic, 25);
  // None of them is a gap.
  expect((await keptOf(ada, topic.name)).map(({ data }) => data)).toEqual(
    Array.from({ length: 25 }, (_, i) => i + 1),
  );
});

it("[DEL6] members that the last calls of an event have caught up are in the round of the next event", async () => {
  const now = Date.parse("2030-05-05T00:00:00Z");
  vi.useFakeTimers({ now, toFake: ["Date"] });
  const log = vi.spyOn(console, "error").mockReturnValue();
  const topic = namedTopic();
  const users = [await following(topic), await following(topic)];
  const broken = vi
    .spyOn(Inbox.prototype, "deliver")
    .mockImplementation(() => Promise.reject(new Error("broken")));
  await topic.stub.publish([draft("kept")]);
  await until(async () => log.mock.calls.length > 0);
  broken.mockRestore();
  const renew = CallBudget.prototype.renew;
  vi.spyOn(CallBudget.prototype, "renew").mockImplementation(function (this: CallBudget) {
    renew.call(this, users.length);
  });
  vi.setSystemTime(now + 2_000);
  await runDurableObjectAlarm(topic.stub);
  // Both have answered, and the round that includes them waits for the alarm.
  const alarm = await runInDurableObject(topic.stub, (_topic, { storage }) => storage.getAlarm());
  expect(alarm).toBeLessThanOrEqual(now + 2_000);
  await runDurableObjectAlarm(topic.stub);
  await evictDurableObject(topic.stub);
  expect(await topic.stub.delivery(1)).toEqual({ members: 2, delivered: 2, behind: 0 });
  for (const user of users)
    expect(await keptOf(user, topic.name)).toEqual([{ data: "kept", at: 1 }]);
});
