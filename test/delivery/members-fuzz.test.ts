// A random walk over a topic and its members: follow, unfollow, publish, flood, connect, drop, evict,
// calls that fail before or after they did their work, waits and alarms. In the end each inbox has the
// messages published while its user followed, once and in order, or a gap in their place; and each device
// that stayed has all messages since it subscribed. A failing seed is printed.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { GAP_TYPE } from "../../src/inbox/follow.ts";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { LogMessage } from "../../src/protocol/message.ts";
import { list } from "../support/inbox.ts";
import {
  interceptAllDelivers,
  type Named,
  namedTopic,
  namedUser,
  until,
} from "../support/member.ts";
import { connect, drafts, type ObjectSocket } from "../support/object.ts";

const USERS = 3;
const STEPS = 40;
const RUNS = 40;
const LIMIT = 30;
const HOUR_MS = 3_600_000;

const user = fc.integer({ min: 0, max: USERS - 1 });
const of = (what: string, weight: number, rest: Record<string, fc.Arbitrary<unknown>> = {}) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(what), ...rest }),
});
const step = fc.oneof(
  of("publish", 8, { count: fc.integer({ min: 1, max: 4 }) }),
  of("flood", 1, { count: fc.integer({ min: LIMIT, max: 2 * LIMIT }) }),
  of("follow", 4, { user }),
  of("unfollow", 2, { user }),
  of("connect", 4, { user }),
  of("drop", 2, { user }),
  of("fail", 3, { user, how: fc.constantFrom("before", "after") }),
  of("mend", 3, { user }),
  of("evict inbox", 3, { user }),
  of("evict topic", 3),
  of("wait", 3, { ms: fc.constantFrom(500, 5_000, 60_000, 3_600_000) }),
) as fc.Arbitrary<Step>;

interface Step {
  do: string;
  user: number;
  count: number;
  ms: number;
  how: "before" | "after";
}

/** A device that subscribes, and applies the frames by the rules of the protocol. */
class Watcher {
  readonly socket: ObjectSocket;
  readonly topic: string;
  epoch = "0";
  cursor = -1;
  /** The device must have every offset above this one. */
  base = 0;
  readonly has: number[] = [];

  constructor(socket: ObjectSocket, topic: string) {
    this.socket = socket;
    this.topic = topic;
  }

  /** Applies the frames that have come; subscribes again from its cursor where a step is missing. */
  async settle(): Promise<void> {
    for (let isWhole = false; !isWhole; ) {
      await this.socket.roundTrip();
      isWhole = true;
      for (const frame of this.socket.frames.splice(0)) {
        if (frame.type === "reply" && frame.topic === this.topic) {
          const { epoch, offset } = frame as unknown as { epoch: string; offset: number };
          this.epoch = epoch;
          if (this.cursor === -1) this.#begin(offset);
        }
        if (frame.type !== "messages" || frame.topic !== this.topic) continue;
        if (frame.snapshot) this.#begin(frame.to);
        else if ((frame.since as number) > this.cursor) {
          isWhole = false;
          const since = `${this.epoch}:${this.cursor}`;
          this.socket.send({ type: "subscribe", topic: this.topic, since });
          continue;
        } else for (const { offset } of frame.messages) this.#take(offset as number);
        this.cursor = Math.max(this.cursor, frame.to);
      }
    }
  }

  #begin(offset: number): void {
    this.base = offset;
    this.cursor = offset;
    this.has.length = 0;
  }

  #take(offset: number): void {
    if (offset > this.cursor) this.has.push(offset);
  }
}

/** The messages of one user: the offsets published while following; those in `maybe` may be missing. */
interface Expected {
  isFollowing: boolean;
  due: number[];
  maybe: Set<number>;
  /** A gap is allowed only in an inbox that could not be reached. */
  mayLack: boolean;
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("[FOL1] [FOL2] [FOL3] [FOL6] [DEL1] [DEL2] [DEL3] [DEL4] [SUB3] [TOP5] after any history every member has every message due to it", {
  timeout: 120_000,
}, async () => {
  vi.spyOn(console, "error").mockReturnValue();
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: STEPS }), walk), {
    numRuns: RUNS,
  });
});

async function walk(steps: Step[]): Promise<void> {
  // This is ahead of every real clock, so that no alarm fires by itself.
  let now = Date.parse("2030-01-01T00:00:00Z");
  vi.useFakeTimers({ now, toFake: ["Date"] });
  const topic = namedTopic();
  const users = Array.from({ length: USERS }, namedUser);
  const failing = new Map<string, "before" | "after">();
  const mend = interceptAllDelivers((name) => failing.get(name) ?? null);
  const expected = users.map(
    (): Expected => ({ isFollowing: false, due: [], maybe: new Set(), mayLack: false }),
  );
  const watchers = new Map<number, Watcher>();
  let head = 0;
  const publish = async (count: number) => {
    await topic.stub.publish(drafts(count, head + 1));
    for (let n = 0; n < count; n++) {
      head += 1;
      for (const { isFollowing, due } of expected) if (isFollowing) due.push(head);
    }
  };
  try {
    await topic.stub.set({ messagesMax: LIMIT });
    for (const each of steps) {
      const who = users[each.user] as Named<Inbox>;
      const model = expected[each.user] as Expected;
      switch (each.do) {
        case "publish":
        case "flood":
          await publish(each.count);
          break;
        case "follow":
          await who.stub.follow(topic.name, "backend");
          model.isFollowing = true;
          break;
        case "unfollow": {
          await who.stub.unfollow(topic.name, "backend");
          // Messages that were not delivered before the unfollow need not be.
          const kept = new Set(
            (await all(who, topic.name)).map(({ topic_offset }) => topic_offset),
          );
          for (const offset of model.due) if (!kept.has(offset)) model.maybe.add(offset);
          model.isFollowing = false;
          break;
        }
        case "connect":
          if (!watchers.has(each.user)) {
            const socket = await connect(who.stub, "latest", { user: who.name, exp: null });
            socket.send({ type: "subscribe", topic: topic.name, since: "latest" });
            watchers.set(each.user, new Watcher(socket, topic.name));
          }
          break;
        case "drop":
          watchers.get(each.user)?.socket.ws.close();
          watchers.delete(each.user);
          break;
        case "fail":
          failing.set(who.name, each.how);
          model.mayLack = true;
          break;
        case "mend":
          failing.delete(who.name);
          break;
        // Only an object that is awake can be evicted.
        case "evict inbox":
          await who.stub.revokes(null);
          await evictDurableObject(who.stub);
          break;
        case "evict topic":
          await topic.stub.standing();
          await evictDurableObject(topic.stub);
          break;
        case "wait":
          now += each.ms;
          vi.setSystemTime(now);
          await runDurableObjectAlarm(topic.stub);
          break;
      }
    }
    // Every inbox can be reached again. A member that is behind is due by now or, where a call failed only
    // just now, at the time of the alarm.
    failing.clear();
    now += 2 * HOUR_MS;
    vi.setSystemTime(now);
    await runDurableObjectAlarm(topic.stub);
    await publish(1);
    await until(async () => {
      if ((await topic.stub.delivery(head))?.behind === 0) return true;
      const alarm = await runInDurableObject(topic.stub, (_, { storage }) => storage.getAlarm());
      if (alarm === null || alarm > now + HOUR_MS) return false;
      now = Math.max(now, alarm);
      vi.setSystemTime(now);
      await runDurableObjectAlarm(topic.stub);
      return false;
    });
    for (const [i, model] of expected.entries())
      await check(users[i] as Named<Inbox>, topic.name, model);
    for (const watcher of watchers.values()) {
      await watcher.settle();
      const { base, has, cursor } = watcher;
      expect(cursor).toBe(head);
      expect(has).toEqual(Array.from({ length: head - base }, (_, i) => base + 1 + i));
      watcher.socket.ws.close();
    }
  } finally {
    mend();
  }
}

/** Returns everything that an inbox has of the topic, oldest first. */
async function all(who: Named<Inbox>, topic: string): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  for (let before: number | null = null; ; ) {
    const page = await list(who.stub, { before });
    found.push(...page.notifications.filter((each) => each.topic === topic));
    if (page.next === null) return found.reverse();
    before = page.next;
  }
}

async function check(who: Named<Inbox>, topic: string, { due, maybe, mayLack }: Expected) {
  const found = await all(who, topic);
  const gaps = found.filter(({ type }) => type === GAP_TYPE).map(({ data }) => data as Gap);
  if (!mayLack) expect(gaps).toEqual([]);
  const offsets = found
    .filter(({ type }) => type !== GAP_TYPE)
    .map(({ topic_offset }) => topic_offset as number);
  expect(offsets, "in order, each once").toEqual([...new Set(offsets)].sort((a, b) => a - b));
  const wanted = new Set(due);
  for (const offset of offsets) expect(wanted.has(offset), `${offset} is its own`).toBe(true);
  const has = new Set(offsets);
  for (const offset of due) {
    const isTold = gaps.some(({ since, to }) => offset > since && offset <= to);
    expect(has.has(offset) || isTold || maybe.has(offset), `${offset} is there`).toBe(true);
  }
  const { counts } = await list(who.stub);
  // A gap is for programs: it counts as seen and read from the start.
  const notified = offsets.length;
  expect(counts).toEqual({ unread: notified, unseen: notified, total: found.length });
}

interface Gap {
  since: number;
  to: number;
}
