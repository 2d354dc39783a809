// Who goes next in an inbox, and what is known of the lowest offset of all others.

import { describe, expect, it } from "vitest";
import { afterMarks, afterWatermark } from "../../src/inbox/eviction-queue.ts";
import { type Evictable, QUEUE_IN_MEMORY_MAX, UNKNOWN } from "../../src/log/checkpoint.ts";

const READ = { seen_at: 1, read_at: 1, archived_at: null };
const ARCHIVED = { ...READ, archived_at: 1 };

const unread = (offset: number): Evictable => ({
  offset,
  rank: 3,
  unseen: true,
  mayCarryCursor: false,
});

it("[LOG6] a message marked unread leaves its place, and may be the lowest of the others", () => {
  const read: Evictable = { offset: 2, rank: 2, unseen: false, mayCarryCursor: false };
  const line = { evictionQueue: [read, { ...read, offset: 7 }], lowestUnqueued: 3 };
  const state = { ...READ, read_at: null };
  expect(afterMarks(line, [{ offset: 2, state }])).toEqual({
    evictionQueue: [{ ...read, offset: 7 }],
    lowestUnqueued: 2,
  });
});

it("[LOG6] one that was among the others and joins leaves their lowest unknown", () => {
  const line = { evictionQueue: [unread(1), unread(2)], lowestUnqueued: 3 };
  const { evictionQueue, lowestUnqueued } = afterMarks(line, [{ offset: 3, state: ARCHIVED }]);
  expect(evictionQueue.map(({ offset }) => offset)).toEqual([3, 1, 2]);
  expect(lowestUnqueued).toBe(0);
});

it("[LOG6] no more are kept than fit, and who is cut off counts among the others", () => {
  const evictionQueue = Array.from({ length: QUEUE_IN_MEMORY_MAX }, (_, i) => unread(10 + i));
  const last = 10 + QUEUE_IN_MEMORY_MAX - 1;
  const after = afterMarks({ evictionQueue, lowestUnqueued: 9000 }, [
    { offset: 9500, state: ARCHIVED },
  ]);
  expect(after.evictionQueue).toHaveLength(QUEUE_IN_MEMORY_MAX);
  expect(after.evictionQueue[0]?.offset).toBe(9500);
  expect(after.lowestUnqueued).toBe(last);
});

it("[LOG6] of those that are marked only those that go before the last listed join the list", () => {
  const line = { evictionQueue: [unread(1), unread(2)], lowestUnqueued: 3 };
  const fresh = { seen_at: null, read_at: null, archived_at: null };
  const { evictionQueue } = afterMarks(line, [
    { offset: 5, state: fresh },
    { offset: 6, state: READ },
    { offset: 7, state: null },
  ]);
  expect(evictionQueue.map(({ offset, rank }) => [offset, rank])).toEqual([
    [7, 0],
    [6, 2],
    [1, 3],
    [2, 3],
  ]);
});

it("[LOG6] [FOL3] what was marked counts as it then is, and may be the newest of its topic", () => {
  const line = { evictionQueue: [unread(1), unread(9)], lowestUnqueued: UNKNOWN };
  const seen = { ...READ, read_at: null };
  const { evictionQueue } = afterMarks(line, [
    { offset: 2, state: READ },
    { offset: 3, state: seen },
  ]);
  expect(evictionQueue).toEqual([
    { offset: 2, rank: 2, unseen: false, mayCarryCursor: true },
    unread(1),
    { offset: 3, rank: 3, unseen: false, mayCarryCursor: true },
    unread(9),
  ]);
});

describe("[LOG6] after an `up_to`", () => {
  const silent: Evictable = { offset: 3, rank: 2, unseen: true, mayCarryCursor: false };
  const evictionQueue = [silent, unread(2), unread(4), unread(6)];

  it("what was read goes before what came later, and silent ones stay what they are", () => {
    expect(afterWatermark(evictionQueue, 4, "read")).toEqual([
      { ...unread(2), rank: 2, unseen: false },
      silent,
      { ...unread(4), rank: 2, unseen: false },
      unread(6),
    ]);
  });

  it("what was only seen keeps its turn, and is not counted out of `unseen` again", () => {
    expect(afterWatermark(evictionQueue, 4, "seen")).toEqual([
      silent,
      { ...unread(2), unseen: false },
      { ...unread(4), unseen: false },
      unread(6),
    ]);
  });
});
