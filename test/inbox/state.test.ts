// The three flags, the counts, and the watermarks that are kept.

import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stateOf, WATERMARKS_KEPT, type Watermark, withWatermark } from "../../src/inbox/state.ts";
import { Device, filled, list, mark } from "../support/inbox.ts";
import { BOTH, draft, drafts, freshInbox } from "../support/object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const time = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[STA1] read implies seen, seen does not imply read", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub } = await filled(4);
    await mark(stub, [1], { read: true });
    await mark(stub, [2], { seen: true });
    vi.setSystemTime(NOW + 5000);
    await mark(stub, 3, { read: true });
    await rest(stub);
    const { notifications } = await list(stub);
    const flags = notifications.map(({ seen_at, read_at }) => [seen_at, read_at]).reverse();
    expect(flags).toEqual([
      [time(0), time(0)],
      [time(0), time(5)],
      [time(5), time(5)],
      [null, null],
    ]);
  });

  it("[STA1] a message made unread stays seen", async () => {
    const { stub } = await filled(1);
    await mark(stub, 1, { read: true });
    await mark(stub, [1], { read: false });
    await rest(stub);
    expect((await list(stub)).counts).toEqual({ unread: 1, unseen: 0, total: 1 });
  });

  it("[STA7] [LOG9] counts are exact as of each frame's `to`, and the same on every device", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub } = await filled(3);
    const devices = [new Device(), new Device()];
    for (const device of devices) await device.connect(stub);
    const steps: [step: () => Promise<unknown>, unread: number, unseen: number, total: number][] = [
      [() => stub.publish([draft(4, { ttl: 60 }), draft(5)]), 5, 5, 5],
      [() => mark(stub, [1], { archived: true }), 4, 4, 4],
      [() => mark(stub, [2], { seen: true }), 4, 3, 4],
      [() => mark(stub, [2, 3], { read: true }), 2, 2, 4],
      // A minute later the fourth has ended by its ttl, and the next frame counts without it.
      [() => stub.publish([draft(9)]), 2, 2, 4],
      [() => mark(stub, 9, { read: true }), 0, 0, 4],
      [() => mark(stub, [1], { archived: false }), 0, 0, 5],
      [() => mark(stub, [2], { remove: true }), 0, 0, 4],
    ];
    for (const [i, [step, unread, unseen, total]] of steps.entries()) {
      if (i === 4) vi.setSystemTime(NOW + 60_000);
      await rest(stub);
      await step();
      for (const device of devices) {
        device.frames.length = 0;
        await device.settle();
        expect(device.frames, `step ${i}`).toMatchObject([{ counts: { unread, unseen, total } }]);
      }
      expect((await list(stub)).counts).toEqual({ unread, unseen, total });
    }
  });

  it("[STA7] archived and expired messages are in none of the counts when a device connects", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    await stub.publish([draft(1), draft(2, { ttl: 10 }), draft(3)]);
    await mark(stub, [3], { archived: true });
    vi.setSystemTime(NOW + 10_000);
    await rest(stub);
    const device = new Device();
    await device.connect(stub);
    expect(device.connected?.counts).toEqual({ unread: 1, unseen: 1, total: 1 });
    expect([...device.view.held.keys()]).toEqual([1]);
  });
});

it("[STA13] of more than 8 watermarks the oldest goes, and its times become those of the next", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  const stub = freshInbox();
  // Message n, at offset 2n - 1, is read by the n-th watermark, n seconds in.
  for (let n = 1; n <= WATERMARKS_KEPT + 2; n++) {
    await stub.publish(drafts(1, n));
    vi.setSystemTime(NOW + n * 1000);
    await mark(stub, 2 * n - 1, { read: true });
    const { notifications } = await list(stub);
    const read = notifications.map(({ read_at }) => read_at).reverse();
    const lost = Math.max(0, n - WATERMARKS_KEPT);
    const expected = Array.from({ length: n }, (_, i) => time(Math.max(i, lost) + 1));
    expect(read).toEqual(expected);
  }
  await evictDurableObject(stub);
  const { notifications, counts } = await list(stub);
  expect(notifications.map(({ read_at }) => read_at).slice(-3)).toEqual([
    time(3),
    time(3),
    time(3),
  ]);
  expect(notifications.map(({ seen_at }) => seen_at).slice(-3)).toEqual([
    time(3),
    time(3),
    time(3),
  ]);
  expect(counts).toEqual({ unread: 0, unseen: 0, total: 10 });
});

describe("the state of a row", () => {
  const fresh = { offset: 5, changed: null, seen_at: null, read_at: null, archived_at: null };
  const mark6: Watermark = { upTo: 5, at: 60, changed: 6 };
  const mark9: Watermark = { upTo: 8, at: 90, changed: 9 };

  it("[STA4] a watermark counts at its offset and below it, not above", () => {
    expect(stateOf(fresh, { seen: [], read: [mark6] })).toEqual({
      seen_at: 60,
      read_at: 60,
      archived_at: null,
    });
    const above = stateOf({ ...fresh, offset: 6 }, { seen: [], read: [{ ...mark6, changed: 7 }] });
    expect(above.read_at).toBeNull();
  });

  it("[STA4] the first watermark that covers a row sets its time, and read sets seen", () => {
    const state = stateOf(fresh, { seen: [mark9], read: [mark6, { ...mark9, at: 99 }] });
    expect(state).toMatchObject({ seen_at: 60, read_at: 60 });
    const seenFirst = stateOf(fresh, { seen: [mark6], read: [mark9] });
    expect(seenFirst).toMatchObject({ seen_at: 60, read_at: 90 });
  });

  it("[STA6] a watermark does not count for a row that changed after it", () => {
    const row = { ...fresh, changed: 7, seen_at: 60 };
    expect(stateOf(row, { seen: [], read: [mark6] })).toMatchObject({ seen_at: 60, read_at: null });
    expect(stateOf(row, { seen: [], read: [mark6, mark9] })).toMatchObject({ read_at: 90 });
  });

  it("[STA13] eight watermarks are kept, the newest", () => {
    const marks = Array.from({ length: 9 }, (_, i) => ({ upTo: i, at: i, changed: i + 1 }));
    const kept = marks.reduce<Watermark[]>(withWatermark, []);
    expect(kept).toEqual(marks.slice(1));
    expect(WATERMARKS_KEPT).toBe(8);
  });
});
