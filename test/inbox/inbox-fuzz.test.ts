// One long random walk over the whole path of an inbox: publish, mark, delete, drop, evict, reconnect,
// expire, age, retain. Wherever the walk ends, every device's view equals the store. A failing seed is
// printed; it then becomes a test of its own.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { parseCursor, type Since } from "../../src/protocol/cursor.ts";
import { SNAPSHOT_MESSAGES } from "../../src/protocol/limits.ts";
import type { Counts, InboxMessage } from "../../src/protocol/message.ts";
import { connect, draft, drafts, freshInbox, type ObjectSocket } from "../support/object.ts";
import { View } from "../support/view.ts";

const DAY_MS = 86_400_000;
const STEPS = 60;
const RUNS = 100;

afterEach(() => {
  vi.useRealTimers();
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      count: fc.integer({ min: 1, max: 6 }),
      ttl: fc.constantFrom(null, null, null, 0, 60, 3600),
      isSilent: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("flood" as const),
      count: fc.integer({ min: 50, max: 700 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("repeat" as const),
      id: fc.integer({ min: 0, max: 5 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("mark" as const),
      what: fc.constantFrom("read", "unread", "seen", "archive", "unarchive", "delete"),
      back: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("upTo" as const),
      what: fc.constantFrom("read", "seen"),
      back: fc.integer({ min: -3, max: 30 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      device: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("drop" as const),
      device: fc.integer({ min: 0, max: 2 }),
      applied: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("evict" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1000, 61_000, 3_700_000, 2 * DAY_MS, 50 * DAY_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("alarm" as const) }) },
);

class Device {
  readonly view = new View();
  socket: ObjectSocket | null = null;
  /** From this offset on the device was sent every message that is not archived. */
  from = 0;

  async connect(stub: ReturnType<typeof freshInbox>): Promise<void> {
    if (this.socket !== null) return;
    const { cursor } = this.view;
    const since: Since = cursor === null ? "snapshot" : (parseCursor(cursor) as Since);
    this.socket = await connect(stub, since, { exp: null });
    const connected = await this.socket.nextOf("connected");
    this.view.connected(connected);
    if (connected.recovered && cursor !== null) {
      walked.resumed += 1;
      return;
    }
    if (cursor !== null) walked.gaps += 1;
    const frame = await this.socket.messages();
    expect(frame.snapshot).toBe(true);
    expect(this.view.apply(frame)).toBe(true);
    const { messages } = await store(stub);
    const shown = messages.filter((m) => m.archived_at === null).slice(-SNAPSHOT_MESSAGES);
    expect(this.view.alive(Date.now())).toEqual(shown);
    this.from = shown.length < SNAPSHOT_MESSAGES ? 0 : (shown[0]?.offset as number);
  }

  /** Applies all frames sent so far. */
  async settle(stub: ReturnType<typeof freshInbox>): Promise<void> {
    if (this.socket === null) return;
    await this.socket.roundTrip();
    for (const frame of this.socket.frames.splice(0))
      if (frame.type === "messages") expect(this.view.apply(frame)).toBe(true);
    // A log that begins another epoch asks its devices to come back.
    if (this.socket.closed === null) return;
    expect(this.socket.closed.code).toBe(4001);
    this.drop();
    await this.connect(stub);
    await this.settle(stub);
  }

  drop(): void {
    this.socket?.ws.close();
    this.socket = null;
  }
}

async function store(stub: ReturnType<typeof freshInbox>) {
  const messages: InboxMessage[] = [];
  let before: number | null = null;
  for (;;) {
    const query = { limit: 100, before, state: "all" as const, category: null, since: null };
    const page = JSON.parse((await stub.list(query, "backend")) as string) as {
      notifications: InboxMessage[];
      counts: Counts;
      cursor: string;
      next: number | null;
    };
    messages.push(...page.notifications);
    if (page.next === null)
      return { messages: messages.reverse(), counts: page.counts, cursor: page.cursor };
    before = page.next;
  }
}

/** Counts of how devices came back, over all walks. */
const walked = { resumed: 0, gaps: 0 };

it("[LOG2] [STA1] after any history every device's view equals the store", {
  timeout: 300_000,
}, async () => {
  // Later than every real clock, since the platform itself would run an alarm that is due.
  let now = Date.parse("2030-01-01T00:00:00Z");
  vi.useFakeTimers({ toFake: ["Date"], now });
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(step, { minLength: 5, maxLength: STEPS }),
      async (full, steps) => {
        const stub = freshInbox();
        // Half of the walks begin with an inbox that is about to evict messages.
        if (full) await stub.publish(drafts(498));
        const devices = [new Device(), new Device(), new Device()];
        const stored = new Map<string, number>();
        let head = 0;
        let epoch = "0";
        let serial = 0;
        for (const each of steps) {
          const all = await store(stub);
          switch (each.do) {
            case "publish": {
              const { ttl, isSilent } = each;
              const options = { isSilent, ...(ttl === null ? {} : { ttl }) };
              await stub.publish(
                Array.from({ length: each.count }, () => draft(serial++, options)),
              );
              break;
            }
            case "flood":
              await stub.publish(Array.from({ length: each.count }, () => draft(serial++)));
              break;
            case "repeat": {
              const [outcome] = await stub.publish([draft(each.id, { id: `same-${each.id}` })]);
              if (outcome === undefined || !("offset" in outcome)) throw new Error("refused");
              const key = `${outcome.epoch}:${each.id}`;
              if (outcome.status === "duplicate") expect(outcome.offset).toBe(stored.get(key));
              else stored.set(key, outcome.offset as number);
              break;
            }
            case "mark": {
              const offsets = each.back.map((back) => Math.max(0, head - back));
              const change = {
                read: { read: true },
                unread: { read: false },
                seen: { seen: true as const },
                archive: { archived: true },
                unarchive: { archived: false },
                delete: { remove: true as const },
              }[each.what as "read"];
              await stub.mark({ epoch: null, target: { offsets }, ...change }, "backend");
              break;
            }
            case "upTo": {
              const target = { upTo: Math.max(0, head - each.back) };
              const change = each.what === "read" ? { read: true } : { seen: true as const };
              await stub.mark({ epoch: null, target, ...change }, "backend");
              break;
            }
            case "connect":
              await devices[each.device]?.connect(stub);
              break;
            case "drop":
              if (each.applied) await devices[each.device]?.settle(stub);
              devices[each.device]?.drop();
              break;
            case "evict":
              await runInDurableObject(stub, () => undefined);
              await evictDurableObject(stub);
              break;
            case "wait":
              now += each.ms;
              vi.setSystemTime(now);
              break;
            case "alarm":
              await runDurableObjectAlarm(stub);
              break;
          }
          const after = await store(stub);
          const [nextEpoch, nextHead] = after.cursor.split(":") as [string, string];
          // The head never goes back within an epoch.
          if (nextEpoch === epoch) expect(Number(nextHead)).toBeGreaterThanOrEqual(head);
          // A message without a notification begins as seen and read, any other as neither.
          if (each.do === "publish" && each.ttl !== 0)
            for (const m of after.messages.slice(-each.count))
              if (nextEpoch !== epoch || (m.offset as number) > head)
                expect([m.seen_at, m.read_at]).toEqual(
                  each.isSilent ? [m.time, m.time] : [null, null],
                );
          epoch = nextEpoch;
          head = Number(nextHead);
          const counted = after.messages.filter((m) => m.archived_at === null);
          expect(after.counts, JSON.stringify(each)).toEqual({
            unread: counted.filter((m) => m.read_at === null).length,
            unseen: counted.filter((m) => m.seen_at === null).length,
            total: counted.length,
          });
          expect(all.messages.length).toBeLessThanOrEqual(500);
        }
        const end = await store(stub);
        const byOffset = new Map<number | null, (typeof end.messages)[number]>(
          end.messages.map((message) => [message.offset, message]),
        );
        for (const device of devices) {
          const { view } = device;
          // First the view as it is, then after a reconnect, which also ends messages gone by age alone.
          for (const round of ["live", "resumed"]) {
            if (round === "resumed") await device.connect(stub);
            if (device.socket === null) continue;
            await device.settle(stub);
            device.drop();
            expect(view.cursor).toBe(end.cursor);
            const held = view
              .alive(now)
              .filter((m) => round === "resumed" || byOffset.has(m.offset));
            for (const message of held) expect(message).toEqual(byOffset.get(message.offset));
            // A snapshot leaves out archived messages and old ones; all else is held.
            const offsets = new Set<number | null>(held.map(({ offset }) => offset));
            for (const message of end.messages)
              if (message.archived_at === null && (message.offset as number) >= device.from)
                expect(offsets.has(message.offset), `${message.offset} is held`).toBe(true);
            if (round === "resumed") expect(view.counts).toEqual(end.counts);
          }
        }
        // A device that is away while a whole inbox is replaced is sent a snapshot.
        await stub.publish(drafts(501));
        const before = walked.gaps;
        for (const device of devices) await device.connect(stub);
        expect(walked.gaps).toBe(before + devices.length);
      },
    ),
    { numRuns: RUNS, endOnFailure: false },
  );
  // The walks reached resumption: devices came back and kept their views.
  expect(walked.resumed).toBeGreaterThan(0);
});
