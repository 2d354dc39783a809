// A fan-out stays within the calls that the platform allows one event, and serves live members first.

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CallBudget } from "../../src/delivery/call-budget.ts";
import { Inbox } from "../../src/inbox/inbox.ts";
import type { Batch } from "../../src/objects/member.ts";
import { Topic } from "../../src/topic/topic.ts";
import {
  answerLate,
  interceptDeliver,
  keptOf,
  type Named,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
} from "../support/member.ts";
import { BOTH, connect, draft } from "../support/object.ts";
import { meter } from "../support/object-meter.ts";

const NOW = Date.parse("2030-05-05T00:00:00Z");
const LIMIT = 50;

const undo: (() => void)[] = [];
const lines: Record<string, unknown>[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
  vi.spyOn(console, "error").mockImplementation((line) => {
    lines.push(JSON.parse(String(line)));
  });
});
afterEach(() => {
  for (const each of undo.splice(0)) each();
  lines.length = 0;
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Makes the platform refuse an event's calls beyond a limit; counts all calls and the refused ones. */
function limitedTo(limit: number) {
  const counted = { calls: 0, refused: 0 };
  const renew = CallBudget.prototype.renew;
  vi.spyOn(CallBudget.prototype, "renew").mockImplementation(function (this: CallBudget) {
    renew.call(this, limit);
  });
  let left = 0;
  // Wrapped by hand: the meter spies on some of these methods already, and spies do not nest.
  const topics = Topic.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const event of ["publish", "alarm", "delivery", "join"]) {
    const own = topics[event] as (...args: unknown[]) => unknown;
    topics[event] = function (this: Topic, ...args: unknown[]) {
      left = limit;
      return own.apply(this, args);
    };
    undo.push(() => {
      topics[event] = own;
    });
  }
  const deliver = Inbox.prototype.deliver;
  vi.spyOn(Inbox.prototype, "deliver").mockImplementation(function (this: Inbox, batch: Batch) {
    counted.calls += 1;
    if (left > 0) {
      left -= 1;
      return deliver.call(this, batch);
    }
    counted.refused += 1;
    return Promise.reject(new Error("Too many subrequests"));
  });
  return counted;
}

async function followedBy(count: number) {
  const topic = namedTopic();
  const users = Array.from({ length: count }, namedUser);
  await Promise.all(users.map(({ stub }) => stub.follow(topic.name, "backend")));
  return { topic, users };
}

const alarmOf = ({ stub }: Named<Topic>) =>
  runInDurableObject(stub, (_topic, { storage }) => storage.getAlarm());

/** Fires the alarm for as long as it is due now, as the platform would; returns how many times. */
async function ringAll(topic: Named<Topic>, between = async () => undefined as unknown) {
  let rings = 0;
  await until(async () => ((await alarmOf(topic)) ?? Number.POSITIVE_INFINITY) <= NOW);
  while (((await alarmOf(topic)) ?? Number.POSITIVE_INFINITY) <= NOW) {
    await runDurableObjectAlarm(topic.stub);
    rings += 1;
    await between();
  }
  return rings;
}

it.each(BOTH)(
  "[DEL6] 500 members and 50 calls an event: no call is refused and no member behind, $name",
  { timeout: 120_000 },
  async ({ rest }) => {
    const { topic, users } = await followedBy(500);
    const platform = limitedTo(LIMIT);
    const counted = await meter(topic.stub);
    await topic.stub.publish([draft(1)]);
    const rings = await ringAll(topic, async () => {
      if (((await alarmOf(topic)) ?? NOW + 1) <= NOW) await rest(topic.stub);
    });
    expect(platform).toEqual({ calls: 500, refused: 0 });
    expect(rings).toBe(9);
    // Each inbox writes one row; the topic writes the message, and its position at each pause and at the end.
    expect(counted.written() - 500).toBe(11);
    counted.stop();
    expect(await topic.stub.delivery(1)).toEqual({ members: 500, delivered: 500, behind: 0 });
    for (const user of [users[0], users[250], users[499]])
      expect((await keptOf(user as Named<Inbox>, topic.name)).map(({ at }) => at)).toEqual([1]);
  },
);

it("[DEL6] a publish while a round waits for calls is delivered after it, in order", async () => {
  const { topic, users } = await followedBy(120);
  await topic.stub.publish([draft(1)]);
  await untilDelivered(topic, 1);
  const platform = limitedTo(LIMIT);
  await topic.stub.publish([draft(2)]);
  await until(async () => ((await alarmOf(topic)) ?? NOW + 1) <= NOW);
  await topic.stub.publish([draft(3)]);
  await ringAll(topic);
  expect(platform).toEqual({ calls: 240, refused: 0 });
  expect(await topic.stub.delivery(3)).toEqual({ members: 120, delivered: 120, behind: 0 });
  for (const user of users)
    expect((await keptOf(user, topic.name)).map(({ data }) => data)).toEqual([1, 2, 3]);
});

it("[DEL6] members that are caught up use calls of the same budget", async () => {
  const { topic, users } = await followedBy(120);
  const broken = vi
    .spyOn(Inbox.prototype, "deliver")
    .mockImplementation(() => Promise.reject(new Error("broken")));
  await topic.stub.publish([draft(1)]);
  await until(async () => lines.length > 0);
  expect(lines).toMatchObject([
    { event: "members_behind", topic: topic.name, count: 120, causes: ["Error: broken"] },
  ]);
  expect(lines[0]?.sample).toHaveLength(5);
  broken.mockRestore();
  const platform = limitedTo(LIMIT);
  vi.setSystemTime(NOW + 2_000);
  for (let n = 0; n < 12; n++) await runDurableObjectAlarm(topic.stub);
  expect(platform.refused).toBe(0);
  await untilDelivered(topic, 1);
  for (const user of users) expect(await keptOf(user, topic.name)).toEqual([{ data: 1, at: 1 }]);
});

it("[DEL7] a live member does not wait for 1,000 that sleep, nor for a round that is under way", {
  timeout: 120_000,
}, async () => {
  let delayMs = 0;
  const watch = async (topic: Named<Topic>) => {
    const { stub, name } = namedUser();
    const socket = await connect(stub, "latest", { user: name }, [
      { topic: topic.name, since: "latest" },
    ]);
    await socket.nextOf("reply");
    return socket;
  };
  const topic = namedTopic();
  const joining = { follows: true, since: "latest" as const, unlessPublic: null };
  for (let n = 0; n < 999; n++)
    await topic.stub.join({ ...joining, member: `user:sleeper-${n}-${topic.name}` });
  // Both join after the sleepers: one only watches, the other follows and has a device.
  const watching = await watch(topic);
  const last = namedUser();
  await last.stub.follow(topic.name, "backend");
  const following = await connect(last.stub, "latest", { user: last.name });
  const late = answerLate(() => delayMs);
  await topic.stub.publish([draft("first")]);
  const all = async (offset: number) => {
    await runDurableObjectAlarm(topic.stub);
    return (await topic.stub.delivery(offset))?.behind === 0;
  };
  for (let n = 0; n < 20 && !(await all(1)); n++);
  delayMs = 60;
  for (const socket of [watching, following]) socket.frames.length = 0;
  // At 32 calls at once, 96 sleepers answer in 180 ms: three times the 60 ms of an unloaded topic.
  for (const offset of [2, 3]) {
    const before = late.asleep;
    await topic.stub.publish([draft("now")]);
    for (const socket of [watching, following])
      expect((await socket.messages()).messages).toMatchObject([{ data: "now" }]);
    expect(late.asleep - before).toBeLessThan(96);
    expect((await topic.stub.delivery(offset))?.behind).toBeGreaterThan(0);
  }
  delayMs = 0;
  for (let n = 0; n < 20 && !(await all(3)); n++);
  expect(await topic.stub.delivery(3)).toMatchObject({ behind: 0 });
});

it("[DEL8] a live message reaches a member once, and none that joined after it", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await connect(ada.stub, "latest", { user: ada.name }, [
    { topic: topic.name, since: "latest" },
  ]);
  await socket.nextOf("reply");
  // Each call is made twice, as the runtime repeats one whose answer was lost.
  const mend = interceptDeliver(ada, (own) => async (batch) => {
    await own(batch);
    return own(batch);
  });
  await topic.stub.publish([draft("live", { ttl: 0 })]);
  await topic.stub.publish([draft("kept")]);
  await untilDelivered(topic, 1);
  mend();
  await socket.roundTrip();
  const seen = socket.frames.flatMap((frame) => (frame.type === "messages" ? frame.messages : []));
  expect(seen.map(({ data }) => data).sort()).toEqual(["kept", "live"]);
  // The last member leaves in the turn in which the message is published.
  const member = `user:${ada.name}`;
  await runInDurableObject(topic.stub, async (object) => {
    const published = object.publish([draft("too late", { ttl: 0 })]);
    await Promise.all([published, object.leave(member, false)]);
  });
  const bob = namedUser();
  const later = await connect(bob.stub, "latest", { user: bob.name }, [
    { topic: topic.name, since: "latest" },
  ]);
  await later.nextOf("reply");
  await topic.stub.publish([draft("next")]);
  await untilDelivered(topic, 2);
  await later.roundTrip();
  const heard = later.frames.flatMap((frame) => (frame.type === "messages" ? frame.messages : []));
  expect(heard.map(({ data }) => data)).toEqual(["next"]);
});

it("[DEL8] each of several live messages in a row reaches a watcher", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await connect(ada.stub, "latest", { user: ada.name }, [
    { topic: topic.name, since: "latest" },
  ]);
  await socket.nextOf("reply");
  for (const data of ["one", "two", "three"]) {
    await topic.stub.publish([draft(data, { ttl: 0 })]);
    expect((await socket.messages()).messages).toMatchObject([{ data }]);
  }
});
