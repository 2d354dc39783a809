// Deliveries from a topic to all of its members, and the failures on the way.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Log } from "../../src/log/log.ts";
import { ANONYMOUS } from "../../src/socket/attachment.ts";
import { list } from "../support/inbox.ts";
import {
  breakDeliver,
  holdUntil,
  interceptDeliver,
  keptOf,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
} from "../support/member.ts";
import { BOTH, connect, draft, drafts, ringInVain } from "../support/object.ts";

const NOW = Date.parse("2030-05-05T00:00:00Z");
const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Returns a topic and its follower ada. Deliveries are the objects' own calls. */
async function followed() {
  const topic = namedTopic();
  const ada = namedUser();
  await ada.stub.follow(topic.name, "backend");
  return { topic, ada };
}

describe.each(BOTH)("a topic that is $name", ({ rest }) => {
  it("[DEL2] retries a member that could not be reached, and the others do not wait for it", async () => {
    const { topic, ada } = await followed();
    const bob = namedUser();
    await bob.stub.follow(topic.name, "backend");
    const mend = breakDeliver(ada);
    await topic.stub.publish(drafts(3));
    await until(async () => (await topic.stub.delivery(3))?.delivered === 1);
    expect(await keptOf(bob, topic.name)).toHaveLength(3);
    await topic.stub.publish([draft(4)]);
    await until(async () => (await keptOf(bob, topic.name)).length === 4);
    expect(await topic.stub.delivery(4)).toEqual({ members: 2, delivered: 1, behind: 1 });
    await rest(topic.stub);
    // The first alarm comes while the inbox still fails, the second one after that.
    vi.setSystemTime(NOW + 1_000);
    await runDurableObjectAlarm(topic.stub);
    expect(await topic.stub.delivery(1)).toMatchObject({ behind: 1 });
    mend();
    await rest(topic.stub);
    vi.setSystemTime(NOW + 4_000);
    await runDurableObjectAlarm(topic.stub);
    expect(await topic.stub.delivery(4)).toEqual({ members: 2, delivered: 2, behind: 0 });
    expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1, 2, 3, 4]);
    await topic.stub.publish([draft(5)]);
    await untilDelivered(topic, 5);
    expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1, 2, 3, 4, 5]);
  });

  it("[DEL2] sets its alarm again when it fails, since the platform would drop it in the end", async () => {
    const { topic, ada } = await followed();
    const mend = breakDeliver(ada);
    await topic.stub.publish([draft(1)]);
    await until(async () => (await topic.stub.delivery(1))?.behind === 1);
    mend();
    vi.setSystemTime(NOW + 4_000);
    await rest(topic.stub);
    expect(await ringInVain(topic.stub)).toBeLessThanOrEqual(NOW + 64_000);
    await runDurableObjectAlarm(topic.stub);
    expect(await keptOf(ada, topic.name)).toEqual([{ data: 1, at: 1 }]);
  });

  it("[TOP5] keeps messages that its members have not received yet", async () => {
    const { topic, ada } = await followed();
    await topic.stub.publish(drafts(1_000));
    await rest(topic.stub);
    await topic.stub.publish(drafts(1_000, 1_001));
    await rest(topic.stub);
    await topic.stub.publish(drafts(500, 2_001));
    await untilDelivered(topic, 2_500);
    // An inbox keeps 500: the newest are all there, and no gap stands for any of them.
    const { counts, notifications } = await list(ada.stub);
    expect(counts.total).toBe(500);
    expect(notifications.map(({ data }) => data)).toEqual(
      Array.from({ length: 100 }, (_, i) => 2_500 - i),
    );
    // Once all members have the messages, the topic returns to its limit.
    for (let n = 1; n <= 20; n++) await topic.stub.publish([draft(2_500 + n)]);
    await untilDelivered(topic, 2_520);
    const rows = await runInDurableObject(topic.stub, (_topic, { storage }) =>
      storage.sql.exec("SELECT count(*) AS count FROM log").one(),
    );
    expect(rows.count).toBeLessThanOrEqual(1_000);
  });
});

/** Interrupts a delivery by a crash of the topic, before the call to the inbox is answered. */
async function interrupted() {
  const { topic, ada } = await followed();
  let asked = false;
  const mend = interceptDeliver(ada, () => async () => {
    asked = true;
    return (await holdUntil(() => false)) as never;
  });
  await topic.stub.publish([draft("survives")]);
  await until(async () => asked);
  await runInDurableObject(topic.stub, (_topic, ctx) => ctx.abort("crash")).catch(() => undefined);
  mend();
  return { topic, ada, again: env.TOPIC.getByName(`v1/-/topic/${topic.name}`) };
}

it("[DEL1] the next connect continues a delivery that a crash interrupted", async () => {
  const { topic, ada, again } = await interrupted();
  const socket = await connect(again, "latest");
  await socket.nextOf("connected");
  await until(async () => (await keptOf(ada, topic.name)).length === 1);
});

it("[DEL1] the alarm that guards a delivery continues it after a crash", async () => {
  const { topic, ada, again } = await interrupted();
  const alarm = await runInDurableObject(again, (_topic, { storage }) => storage.getAlarm());
  expect(alarm).toBeLessThanOrEqual(NOW + 30_000);
  vi.setSystemTime(NOW + 30_000);
  await runDurableObjectAlarm(again);
  expect(await keptOf(ada, topic.name)).toEqual([{ data: "survives", at: 1 }]);
  // The alarm for aging messages is set again.
  const next = await runInDurableObject(again, (_topic, { storage }) => storage.getAlarm());
  expect(next).toBe(NOW + 7 * DAY_MS);
});

it("[DEL1] a delivery that outlasts the alarm that guards it is guarded by another one", async () => {
  const { topic, ada } = await followed();
  const log = vi.spyOn(console, "error").mockReturnValue();
  const { setTimeout: later } = globalThis;
  // The alarm waits for a minute at most; that timer fires at once.
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, ms = 0) =>
    later(work, ms < 60_000 ? ms : 0)) as typeof setTimeout);
  let isLet = false;
  interceptDeliver(ada, (own) => async (batch) => {
    await holdUntil(() => isLet);
    return own(batch);
  });
  await topic.stub.publish([draft("held")]);
  vi.setSystemTime(NOW + 30_000);
  await runDurableObjectAlarm(topic.stub);
  // The call is still under way: the member was neither reached nor given up.
  expect(log).not.toHaveBeenCalled();
  const alarm = await runInDurableObject(topic.stub, (_topic, { storage }) => storage.getAlarm());
  expect(alarm).toBe(NOW + 60_000);
  isLet = true;
  await untilDelivered(topic, 1);
});

it("[DEL3] a member that has no audience left is removed", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  await socket.nextOf("connected");
  socket.send({ type: "subscribe", id: 1, topic: topic.name });
  await socket.nextOf("reply");
  expect(await topic.stub.standing()).toMatchObject({ members: 1 });
  socket.ws.close();
  await socket.nextClose();
  await topic.stub.publish([draft(1)]);
  await until(async () => (await topic.stub.standing()).members === 0);
});

it("[DEL3] a member that joins again while its answer reports no audience is not removed", async () => {
  const topic = namedTopic();
  const bob = namedUser();
  const joining = { member: `user:${bob.name}`, follows: false, unlessPublic: null };
  await topic.stub.join({ ...joining, since: "latest" });
  let asked = false;
  let isBack = false;
  const mend = interceptDeliver(bob, (own) => async (batch) => {
    const held = await own(batch);
    expect(held.isAnyone).toBe(false);
    asked = true;
    await holdUntil(() => isBack);
    return held;
  });
  await topic.stub.publish([draft(1)]);
  await until(async () => asked);
  mend();
  expect(await bob.stub.follow(topic.name, "backend")).toBe(true);
  isBack = true;
  await untilDelivered(topic, 1);
  expect(await topic.stub.standing()).toMatchObject({ members: 1 });
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 2);
  expect(await keptOf(bob, topic.name)).toEqual([{ data: 2, at: 2 }]);
});

it("[DEL4] a member that lacks more than its topic assumes is caught up from its own position", async () => {
  const { topic, ada } = await followed();
  await topic.stub.publish(drafts(3));
  await untilDelivered(topic, 3);
  // As if the inbox had been restored to an earlier state.
  await runInDurableObject(ada.stub, (_inbox, { storage }) => {
    storage.sql.exec("UPDATE log SET topic = NULL WHERE topic_offset > 1");
  });
  await evictDurableObject(ada.stub);
  await topic.stub.publish([draft(4)]);
  await untilDelivered(topic, 4);
  expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1, 2, 3, 2, 3, 4]);
});

it("[FOL6] a gap stands in the place of messages that were deleted before delivery", async () => {
  const { topic, ada } = await followed();
  await topic.stub.set({ messagesMax: 20 });
  await topic.stub.publish(drafts(5));
  await untilDelivered(topic, 5);
  const mend = breakDeliver(ada);
  await topic.stub.publish(drafts(20, 6));
  await until(async () => (await topic.stub.delivery(25))?.behind === 1);
  // No member is in step any more, so the topic deletes its oldest messages again.
  await topic.stub.publish(drafts(12, 26));
  await topic.stub.publish(drafts(3, 38));
  mend();
  vi.setSystemTime(NOW + 60_000);
  await runDurableObjectAlarm(topic.stub);
  await untilDelivered(topic, 40);
  const kept = await keptOf(ada, topic.name);
  const gap = { topic: topic.name, since: 5, to: 20 };
  expect(kept).toEqual([
    ...[1, 2, 3, 4, 5].map((n) => ({ data: n, at: n })),
    { data: gap, at: 20 },
    ...Array.from({ length: 20 }, (_, i) => ({ data: 21 + i, at: 21 + i })),
  ]);
  const { notifications } = await list(ada.stub);
  expect(notifications.find(({ topic_offset }) => topic_offset === 20)).toMatchObject({
    type: "belfry.gap",
    source: "belfry",
  });
});

it("[DEL3] [LOG15] a topic that its last follower has left is empty again once its messages are gone", async () => {
  const { topic, ada } = await followed();
  await topic.stub.publish([draft(1)]);
  await untilDelivered(topic, 1);
  await ada.stub.unfollow(topic.name, "backend");
  vi.setSystemTime(NOW + 8 * DAY_MS);
  await runDurableObjectAlarm(topic.stub);
  const tables = await runInDurableObject(topic.stub, (_topic, { storage }) =>
    storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray(),
  );
  expect(tables).toEqual([]);
});

it("[TOP6] a topic that is no longer public sends nothing to a user without the cap", async () => {
  const topic = namedTopic();
  await topic.stub.set({ access: "public" });
  const stranger = namedUser();
  const own = { user: stranger.name, caps: {} };
  const subscribed = await connect(stranger.stub, "latest", own, [
    { topic: topic.name, since: "latest" },
  ]);
  expect(await subscribed.nextOf("reply")).toMatchObject({ topic: topic.name });
  const direct = await connect(topic.stub, "latest", own);
  const anonymous = await connect(topic.stub, "latest", {
    user: null,
    source: ANONYMOUS,
    caps: {},
  });
  const key = await connect(topic.stub, "latest", { user: null, source: "anonymous", caps: {} });
  for (const socket of [direct, anonymous, key]) await socket.nextOf("connected");
  await topic.stub.publish([draft("open")]);
  for (const socket of [subscribed, direct, anonymous, key])
    expect((await socket.messages()).messages).toMatchObject([{ data: "open" }]);
  await topic.stub.set({});
  for (const socket of [direct, anonymous]) expect((await socket.nextClose()).code).toBe(4501);
  await topic.stub.publish([draft("closed")]);
  expect((await key.messages()).messages).toMatchObject([{ data: "closed" }]);
  const error = await subscribed.nextOf("error");
  expect(error).toMatchObject({ topic: topic.name, code: "insufficient_scope" });
  await topic.stub.publish([draft("closed")]);
  await until(async () => (await topic.stub.standing()).members === 0);
  expect(subscribed.frames.filter(({ type }) => type === "messages")).toEqual([]);
});

it("[DEL2] a topic that cannot write waits before it tries again, and leaves no timer behind", async () => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const { topic, ada } = await followed();
  const mend = breakDeliver(ada);
  await topic.stub.publish([draft(1)]);
  // The member is known to be behind, and not merely waiting for the round.
  await until(async () => log.mock.calls.length > 0);
  const [begun, ended] = [
    vi.spyOn(globalThis, "setInterval"),
    vi.spyOn(globalThis, "clearInterval"),
  ];
  const change = vi.spyOn(Log.prototype, "change").mockImplementation(() => {
    throw new Error("no room");
  });
  vi.setSystemTime(NOW + 2_000);
  await runDurableObjectAlarm(topic.stub);
  // A connect meanwhile does not make the topic try either.
  const socket = await connect(topic.stub, "latest");
  for (let n = 0; n < 3; n++) await socket.roundTrip();
  expect(change).toHaveBeenCalledTimes(1);
  expect(ended.mock.calls.length).toBe(begun.mock.calls.length);
  const alarm = await runInDurableObject(topic.stub, (_topic, { storage }) => storage.getAlarm());
  expect(alarm).toBe(NOW + 3_000);
  change.mockRestore();
  mend();
  vi.setSystemTime(NOW + 3_000);
  await runDurableObjectAlarm(topic.stub);
  expect(await keptOf(ada, topic.name)).toEqual([{ data: 1, at: 1 }]);
});

it("[DEL2] a retry is not forgotten when the alarm fires for something else", async () => {
  const { topic, ada } = await followed();
  const alarmAt = () => runInDurableObject(topic.stub, (_topic, { storage }) => storage.getAlarm());
  const mend = breakDeliver(ada);
  await topic.stub.publish([draft(1)]);
  await until(async () => (await topic.stub.delivery(1))?.behind === 1);
  // The retry is set long before the alarm that guards the delivery.
  await until(async () => ((await alarmAt()) ?? Number.POSITIVE_INFINITY) <= NOW + 2_000);
  // After several failures the next try is more than half a minute away.
  let now = NOW;
  for (let n = 0; n < 8; n++) {
    now += 3_600_000;
    vi.setSystemTime(now);
    await runDurableObjectAlarm(topic.stub);
  }
  const retryAt = (await alarmAt()) as number;
  expect(retryAt).toBeGreaterThan(now + 30_000);
  // This alarm finds nothing to do.
  vi.setSystemTime(now + 10_000);
  await runDurableObjectAlarm(topic.stub);
  expect(await alarmAt()).toBe(retryAt);
  const bob = namedUser();
  await bob.stub.follow(topic.name, "backend");
  await topic.stub.publish([draft(2)]);
  vi.setSystemTime(now + 30_000);
  await runDurableObjectAlarm(topic.stub);
  expect(await alarmAt()).toBeLessThanOrEqual(retryAt);
  mend();
  vi.setSystemTime(retryAt);
  await runDurableObjectAlarm(topic.stub);
  await untilDelivered(topic, 2);
  expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1, 2]);
});

it("[DEL2] a member that hangs delays no other once it is known to be behind", async () => {
  const { topic, ada } = await followed();
  const bob = namedUser();
  await bob.stub.follow(topic.name, "backend");
  let calls = 0;
  let isLet = false;
  const mend = interceptDeliver(ada, (own) => async (batch) => {
    calls += 1;
    if (calls === 1) throw new Error("broken once");
    await holdUntil(() => isLet);
    return own(batch);
  });
  await topic.stub.publish([draft(1)]);
  await until(async () => (await topic.stub.delivery(1))?.behind === 1);
  vi.setSystemTime(NOW + 2_000);
  await topic.stub.publish([draft(2)]);
  await until(async () => calls === 2);
  // The retry gets no answer, and the member that is in step has everything meanwhile.
  await topic.stub.publish([draft(3)]);
  await until(async () => (await topic.stub.delivery(3))?.delivered === 1);
  expect((await keptOf(bob, topic.name)).map(({ at }) => at)).toEqual([1, 2, 3]);
  isLet = true;
  await untilDelivered(topic, 3);
  mend();
  expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1, 2, 3]);
});

it("[DEL2] a member that joins again while it is behind does not wait for its next try", async () => {
  const { topic, ada } = await followed();
  const mend = breakDeliver(ada);
  await topic.stub.publish([draft(1)]);
  await until(async () => (await topic.stub.delivery(1))?.behind === 1);
  mend();
  const socket = await connect(ada.stub, "latest", { user: ada.name }, [
    { topic: topic.name, since: "latest" },
  ]);
  await socket.nextOf("reply");
  await untilDelivered(topic, 1);
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 2);
  expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1, 2]);
});

it("[FOL2] a topic that its alarm has erased can be followed again", async () => {
  const { topic, ada } = await followed();
  await topic.stub.publish([draft(1)]);
  await untilDelivered(topic, 1);
  await ada.stub.unfollow(topic.name, "backend");
  await evictDurableObject(topic.stub);
  await topic.stub.followers("", 1);
  vi.setSystemTime(NOW + 8 * DAY_MS);
  await runDurableObjectAlarm(topic.stub);
  expect(await ada.stub.follow(topic.name, "backend")).toBe(true);
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 1);
  expect((await keptOf(ada, topic.name)).map(({ data }) => data)).toEqual([1, 2]);
});

it("[LOG7] a topic that is only watched keeps to its limit across evictions", async () => {
  const topic = namedTopic();
  await topic.stub.set({ messagesMax: 5 });
  const ada = namedUser();
  const socket = await connect(ada.stub, "latest", { user: ada.name }, [
    { topic: topic.name, since: "latest" },
  ]);
  await socket.nextOf("reply");
  for (let n = 1; n <= 12; n++) {
    await topic.stub.publish([draft(n)]);
    await socket.messages();
    await evictDurableObject(topic.stub);
  }
  const { count } = await runInDurableObject(topic.stub, (_topic, { storage }) =>
    storage.sql.exec<{ count: number }>("SELECT count(*) AS count FROM log").one(),
  );
  expect(count).toBeLessThanOrEqual(5);
});

it("[FOL6] an aged backlog becomes one gap", async () => {
  const { topic, ada } = await followed();
  const mend = breakDeliver(ada);
  for (let n = 0; n < 3; n++) await topic.stub.publish(drafts(150, 150 * n + 1));
  await until(async () => (await topic.stub.delivery(450))?.behind === 1);
  mend();
  vi.setSystemTime(NOW + 8 * DAY_MS);
  await topic.stub.publish([draft(451)]);
  await runDurableObjectAlarm(topic.stub);
  await untilDelivered(topic, 451);
  const kept = await keptOf(ada, topic.name);
  const gap = { topic: topic.name, since: 0, to: 450 };
  expect(kept).toEqual([
    { data: gap, at: 450 },
    { data: 451, at: 451 },
  ]);
});
