// The log of both objects: order, durability across evictions, and messages that fail alone.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import { Device, messagesOf, publish, range } from "../support/inbox.ts";
import {
  BOTH,
  connect,
  draft,
  drafts,
  freshInbox,
  freshTopic,
  type Stub,
} from "../support/object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const DAY_MS = 86_400_000;
const KINDS = [
  { kind: "an inbox", make: freshInbox as () => Stub, ageMs: 90 * DAY_MS },
  { kind: "a topic", make: freshTopic as () => Stub, ageMs: 7 * DAY_MS },
];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const offsetsOf = (frames: MessagesFrame[]) =>
  frames.flatMap(({ messages }) => messages.map(({ offset }) => offset));

/** Fails every write of a message whose text holds "poison", until the object is evicted. */
function poison(stub: Stub): Promise<void> {
  return runInDurableObject(stub as ReturnType<typeof freshInbox>, (_object, { storage }) => {
    const { exec } = storage.sql;
    storage.sql.exec = ((...args: Parameters<typeof exec>) => {
      if (args.some((arg) => typeof arg === "string" && arg.includes("poison")))
        throw new Error("no room for this one");
      return exec.apply(storage.sql, args);
    }) as typeof exec;
  });
}

describe.each(KINDS)("$kind", ({ make, ageMs }) => {
  it("[LOG1] [LOG2] sends open sockets everything once and in order across evictions", async () => {
    const stub = make();
    const device = new Device();
    device.view.offset = 0;
    await device.connect(stub);
    let published = 0;
    for (let round = 0; round < 24; round++) {
      const count = 1 + (round % 3);
      const lists = [stub.publish(drafts(count, published + 1))];
      if (round % 4 === 0) lists.push(stub.publish(drafts(1, published + 1 + count)));
      await Promise.all(lists);
      published += count + lists.length - 1;
      // Some rounds evict the object before the frames are read, some after.
      if (round % 2 === 0) await evictDurableObject(stub);
      if (round % 3 === 0) await device.settle();
    }
    await device.settle();
    expect(device.view.applied.map(({ offset }) => offset)).toEqual(range(1, published));
    expect(device.view.applied.map(({ data }) => data)).toEqual(range(1, published));
  });

  it("[LOG2] offsets rise by one, and those of a list follow one another", async () => {
    const stub = make();
    const outcomes = await stub.publish(drafts(30));
    expect(outcomes.map((outcome) => "offset" in outcome && outcome.offset)).toEqual(range(1, 30));
    await evictDurableObject(stub);
    expect(await publish(stub, draft(31))).toMatchObject({ offset: 31 });
  });

  it("[LOG2] [LOG12] [LOG15] the head never goes back, no loss is silent, and no log starts over while it holds a message or an id", async () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      ttl: fc.constantFrom(null, 30, 60),
      isNamed: fc.boolean(),
      waitMs: fc.constantFrom(0, 60_000, DAY_MS - 60_000, DAY_MS, 91 * DAY_MS),
      alarm: fc.boolean(),
      evict: fc.boolean(),
    });
    let now = NOW;
    let began = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const stub = make();
        let last = { epoch: "0", offset: 0 };
        /** The end of each message of this epoch, and the time until which its id is remembered. */
        let held: { ends: number; remembered: number }[] = [];
        let mayBegin = true;
        for (const { count, ttl, isNamed, waitMs, alarm, evict } of steps) {
          const outcomes = await stub.publish(
            Array.from({ length: count }, (_, i) =>
              draft(i, {
                ...(ttl === null ? {} : { ttl }),
                ...(isNamed ? { id: crypto.randomUUID() } : {}),
              }),
            ),
          );
          const old = last;
          for (const outcome of outcomes) {
            if (!("offset" in outcome)) throw new Error(outcome.status);
            const { epoch, offset } = outcome;
            expect(offset).toBe(epoch === last.epoch ? last.offset + 1 : 1);
            last = { epoch, offset: offset as number };
          }
          if (last.epoch !== old.epoch) {
            expect(mayBegin).toBe(true);
            began += 1;
            held = [];
          }
          mayBegin = false;
          const ends = now + Math.min(ageMs, ttl === null ? ageMs : ttl * 1000);
          held.push({ ends, remembered: isNamed ? now + DAY_MS : now });
          // A connect with the old cursor either receives all of this, or `recovered: false`.
          const socket = await connect(stub, old, { exp: null });
          const { recovered } = await socket.nextOf("connected");
          const frames = await messagesOf(socket);
          const isSame = old.epoch === last.epoch || old.offset === 0;
          if (!isSame) expect(recovered).toBe(false);
          if (recovered)
            expect(offsetsOf(frames)).toEqual(range(last.offset - count + 1, last.offset));
          else expect(frames).toMatchObject([{ snapshot: true }]);
          socket.ws.close();
          now += waitMs;
          vi.setSystemTime(now);
          if (alarm) {
            await runDurableObjectAlarm(stub);
            mayBegin = held.every((each) => each.ends <= now && each.remembered <= now);
          }
          if (evict) await evictDurableObject(stub);
        }
      }),
      { numRuns: 40, seed: 20_300_501 },
    );
    // Each of the 40 logs begins once, so some must have started over.
    expect(began).toBeGreaterThan(40);
  });

  it("[LOG11] `time` does not run backwards when the clock does", async () => {
    const stub = make();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await stub.publish([draft(1)]);
    vi.setSystemTime(NOW - 5000);
    await stub.publish([draft(2)]);
    await evictDurableObject(stub);
    await stub.publish([draft(3, { ttl: 10 })]);
    vi.setSystemTime(NOW + 1);
    await stub.publish([draft(4)]);
    const messages = (await messagesOf(socket)).flatMap((frame) => frame.messages);
    expect(messages.map(({ time }) => Date.parse(time) - NOW)).toEqual([0, 0, 0, 1]);
    expect(Date.parse(messages[2]?.expires ?? "") - NOW).toBe(10_000);
  });

  it("[LOG13] [FOL1] after a bad message of a topic its later messages wait, and no others", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const stub = make();
    await poison(stub);
    const from = (topic: string, offset: number, data: unknown) => ({
      ...draft(data),
      from: { topic, offset, expires: null },
    });
    const list = [from("t", 1, "a"), from("t", 2, "poison"), from("t", 3, "c"), from("u", 1, "d")];
    const outcomes = await stub.publish([...list, draft("e")]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...["stored", "failed", "failed", "stored", "stored"],
    ]);
    // The failed message and the later one are stored in order when they come again.
    await evictDurableObject(stub);
    const again = await stub.publish(list.slice(1, 3));
    expect(again).toMatchObject([{ offset: 4 }, { offset: 5 }]);
  });

  it("[LOG13] a bad message of a list fails alone", async () => {
    const failed = vi.spyOn(console, "error").mockReturnValue();
    const stub = make();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await poison(stub);
    const bad = draft("poison");
    const list = [draft("a"), bad, draft("b", { id: "b" })];
    const outcomes = await stub.publish(list, "r_1");
    expect(outcomes).toMatchObject([
      { status: "stored", offset: 1 },
      { status: "failed" },
      { status: "stored", offset: 2 },
    ]);
    expect(failed.mock.calls.map(([line]) => JSON.parse(line as string))).toMatchObject([
      { event: "append_failed", ids: [bad.id] },
      { event: "publish_failed", request_id: "r_1", ids: [bad.id] },
    ]);
    const [frame, ...more] = await messagesOf(socket);
    expect(more).toEqual([]);
    expect(frame).toMatchObject({ since: 0, to: 2, messages: [{ data: "a" }, { data: "b" }] });
    await evictDurableObject(stub);
    const [again] = await stub.publish([draft("b", { id: "b" })]);
    expect(again).toMatchObject({ status: "duplicate", offset: 2 });
  });

  it("[LOG13] publishes that share a write with a bad one do not fail with it", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const stub = make();
    await stub.publish([draft(1)]);
    await poison(stub);
    const names = ["a", "b", "poison", "c", "poison", "d"];
    const outcomes = await Promise.all(names.map((name) => stub.publish([draft(name)])));
    const statuses = outcomes.map(([outcome]) => outcome?.status);
    expect(statuses).toEqual(names.map((name) => (name === "poison" ? "failed" : "stored")));
    await evictDurableObject(stub);
    expect(await publish(stub, draft("next"))).toMatchObject({ offset: 6 });
  });

  it("[LOG13] a first message that fails leaves nothing behind, and the next one is the first", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const stub = make();
    await poison(stub);
    expect(await stub.publish([draft("poison")])).toMatchObject([{ status: "failed" }]);
    expect(await publish(stub, draft("good"))).toMatchObject({ offset: 1 });
    await evictDurableObject(stub);
    expect(await publish(stub, draft("next"))).toMatchObject({ offset: 2 });
  });

  it.each(BOTH)("[LOG10] `ttl: 0` does not move the head, $name", async ({ rest }) => {
    const stub = make();
    await stub.publish([draft(1)]);
    await rest(stub);
    expect(await stub.publish([draft(2, { ttl: 0 })])).toMatchObject([{ offset: null }]);
    await rest(stub);
    expect(await publish(stub, draft(3))).toMatchObject({ offset: 2 });
  });
});
