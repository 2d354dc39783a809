// A random walk over a topic: publishes with and without ttl, floods over its limit, waits, alarms,
// evictions, followers that come and go. A message that did not reach a follower has expired, or the
// follower was sent `recovered: false`. A failing seed is printed; it then becomes a test of its own.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import type { Outcome } from "../../src/log/entry.ts";
import type { Cursor } from "../../src/protocol/cursor.ts";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import { connect, draft, freshTopic, type ObjectSocket } from "../support/object.ts";
import { history } from "../support/topic-object.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const STEPS = 30;
const RUNS = 40;
const FOLLOWERS = 3;

type TopicStub = ReturnType<typeof freshTopic>;

const follower = fc.integer({ min: 0, max: FOLLOWERS - 1 });
const ttl = fc.constantFrom(null, null, 0, 60, 7200);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      count: fc.integer({ min: 1, max: 5 }),
      ttl,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("flood" as const),
      count: fc.integer({ min: 300, max: 1300 }),
      ttl,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1000, MINUTE_MS, 3_600_000, DAY_MS, 3 * DAY_MS, 7 * DAY_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("alarm" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("evict" as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("connect" as const), follower }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("drop" as const), follower }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      agoMs: fc.integer({ min: 0, max: 8 * DAY_MS }),
    }),
  },
);

interface Published {
  epoch: string;
  offset: number;
  time: number;
  expires: number;
}

/** A client that resumes by its cursor alone. */
class Follower {
  cursor: Cursor = { epoch: "0", offset: 0 };
  /** The offsets that it has received since its last snapshot. */
  has = new Set<number>();
  /** The follower must have every kept message after this offset. */
  base = 0;
  socket: ObjectSocket | null = null;

  async connect(
    stub: TopicStub,
    owed: (after: Cursor, epoch: string) => Published[],
  ): Promise<void> {
    if (this.socket !== null) return;
    this.socket = await connect(stub, this.cursor, { exp: null });
    const { recovered, epoch, offset } = await this.socket.nextOf("connected");
    const missed = owed(this.cursor, epoch);
    await this.settle();
    if (this.socket === null) return;
    expect([this.cursor.epoch, this.cursor.offset]).toEqual([epoch, offset]);
    if (recovered) for (const each of missed) expect(this.has.has(each.offset)).toBe(true);
  }

  /** Applies the frames so far: each one continues from the cursor, and each message comes once. */
  async settle(): Promise<void> {
    await this.socket?.roundTrip();
    const { frames = [], closed = null } = this.socket ?? {};
    const parts: MessagesFrame[] = [];
    for (const frame of frames.splice(0)) {
      if (frame.type !== "messages") continue;
      parts.push(frame);
      if (frame.more) continue;
      this.#apply(
        frame,
        parts.splice(0).flatMap(({ messages }) => messages.map((m) => m.offset)),
      );
    }
    if (closed === null) return;
    // The log started over: the follower comes back with its cursor on its next turn.
    expect(closed.code).toBe(4001);
    this.socket = null;
  }

  #apply({ since, to, epoch, snapshot }: MessagesFrame, offsets: (number | null)[]): void {
    const stored = offsets.filter((offset) => offset !== null);
    expect(stored).toEqual([...stored].sort((a, b) => a - b));
    if (snapshot) {
      this.has = new Set();
      this.base = (stored[0] ?? to + 1) - 1;
    } else {
      expect(since).toBe(this.cursor.offset);
      if (this.cursor.epoch !== "0") expect(epoch).toBe(this.cursor.epoch);
    }
    for (const offset of stored) {
      expect(this.has.has(offset), `${offset} comes once`).toBe(false);
      this.has.add(offset);
    }
    this.cursor = { epoch, offset: to };
  }

  drop(): void {
    this.socket?.ws.close();
    this.socket = null;
  }
}

async function since(stub: TopicStub, time: number) {
  const offsets: number[] = [];
  let page = await history(stub, { since: { time } });
  const { recovered } = page;
  for (;;) {
    offsets.push(...page.messages.map(({ offset }) => offset as number));
    if (page.next === null) return { offsets, recovered, cursor: page.cursor };
    const [epoch, offset] = page.next.split(":") as [string, string];
    page = await history(stub, { since: { epoch, offset: Number(offset) } });
  }
}

afterEach(() => {
  vi.useRealTimers();
});

it("[LOG1] [LOG2] [LOG7] [LOG9] [LOG12] [TOP2] [CUR6] after any history no follower misses a message in silence", {
  timeout: 120_000,
}, async () => {
  let now = Date.parse("2030-01-01T00:00:00Z");
  vi.useFakeTimers({ toFake: ["Date"], now });
  let told = 0;
  let gaps = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: STEPS }), async (steps) => {
      const stub = freshTopic();
      const followers = Array.from({ length: FOLLOWERS }, () => new Follower());
      const published: Published[] = [];
      const alive = () => published.filter(({ expires }) => expires > now);
      // The messages that must come after a cursor, or be a gap. The cursor of an empty log is the beginning
      // of any later log.
      const owed = ({ epoch, offset }: Cursor, present: string) =>
        alive().filter((each) =>
          epoch === "0" ? each.epoch === present : each.epoch !== epoch || each.offset > offset,
        );
      for (const each of steps) {
        switch (each.do) {
          case "publish":
          case "flood": {
            const options = each.ttl === null ? {} : { ttl: each.ttl };
            const outcomes = await stub.publish(
              Array.from({ length: each.count }, (_, i) => draft(i, options)),
            );
            for (const outcome of outcomes as Extract<Outcome, { offset: number | null }>[]) {
              const { epoch, offset } = outcome;
              if (offset === null) continue;
              const last = published.at(-1);
              expect(offset).toBe(last?.epoch === epoch ? last.offset + 1 : 1);
              const expires = each.ttl === null ? Number.POSITIVE_INFINITY : now + each.ttl * 1000;
              published.push({ epoch, offset, time: now, expires });
            }
            break;
          }
          case "wait":
            now += each.ms;
            vi.setSystemTime(now);
            break;
          case "alarm":
            await runDurableObjectAlarm(stub);
            break;
          case "evict":
            // Only an object that is awake can be evicted.
            await history(stub, { limit: 1 });
            await evictDurableObject(stub);
            break;
          case "connect":
            await followers[each.follower]?.connect(stub, owed);
            break;
          case "drop":
            followers[each.follower]?.drop();
            break;
          case "ask": {
            const time = now - each.agoMs;
            const page = await since(stub, time);
            const epoch = page.cursor.split(":")[0];
            const asked = alive().filter((message) => message.time >= time);
            const has = new Set(page.offsets);
            const missing = asked.filter((m) => m.epoch !== epoch || !has.has(m.offset));
            expect(page.offsets).toEqual([...has].sort((a, b) => a - b));
            if (missing.length > 0) expect(page.recovered).toBe(false);
            if (!page.recovered) gaps += 1;
            break;
          }
        }
      }
      for (const each of followers) await each.settle();
      for (const each of followers) {
        await each.connect(stub, owed);
        // A log that started over has closed the socket meanwhile.
        if (each.socket === null) await each.connect(stub, owed);
      }
      const kept = await since(stub, 0);
      for (const { has, base, cursor } of followers) {
        expect(`${cursor.epoch}:${cursor.offset}`).toBe(kept.cursor);
        for (const offset of kept.offsets) if (offset > base) expect(has.has(offset)).toBe(true);
        told += has.size;
      }
    }),
    { numRuns: RUNS, endOnFailure: false },
  );
  // The walks have covered both outcomes: messages came, and gaps were reported.
  expect(told).toBeGreaterThan(0);
  expect(gaps).toBeGreaterThan(0);
});
