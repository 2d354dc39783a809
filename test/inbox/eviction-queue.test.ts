// The eviction queue of an inbox, and the lowest offset outside it.

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

it("[LOG6] a message marked unread leaves the queue, and may be the lowest outside it", () => {
  const read: Evictable = { offset: 2, rank: 2, unseen: false, mayCarryCursor: false };
  const line = { evictionQueue: [read, { ...read, offset: 7 }], lowestUnqueued: 3 };
  const state = { ...READ, read_at: null };
  expect(afterMarks(line, [{ offset: 2, state }])).toEqual({
    evictionQueue: [{ ...read, offset: 7 }],
    lowestUnqueued: 2,
  });
});

it("[LOG6] after a message from outside joins the queue, the lowest outside is unknown", () => {
  const line = { evictionQueue: [unread(1), unread(2)], lowestUnqueued: 3 };
  const { evictionQueue, lowestUnqueued } = afterMarks(line, [{ offset: 3, state: ARCHIVED }]);
  expect(evictionQueue.map(({ offset }) => offset)).toEqual([3, 1, 2]);
  expect(lowestUnqueued).toBe(0);
});

it("[LOG6] the queue keeps as many as fit, and a message cut off counts as outside it", () => {
  const evictionQueue = Array.from({ length: QUEUE_IN_MEMORY_MAX }, (_, i) => unread(10 + i));
  const last = 10 + QUEUE_IN_MEMORY_MAX - 1;
  const after = afterMarks({ evictionQueue, lowestUnqueued: 9000 }, [
    { offset: 9500, state: ARCHIVED },
  ]);
  expect(after.evictionQueue).toHaveLength(QUEUE_IN_MEMORY_MAX);
  expect(after.evictionQueue[0]?.offset).toBe(9500);
  expect(after.lowestUnqueued).toBe(last);
});

it("[LOG6] of the marked messages only those that go before the last in the queue join it", () => {
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

it("[LOG6] [FOL3] a marked message joins with its new state, and may be the newest of its topic", () => {
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

  it("read messages go before later ones, and silent ones stay as they are", () => {
    expect(afterWatermark(evictionQueue, 4, "read")).toEqual([
      { ...unread(2), rank: 2, unseen: false },
      silent,
      { ...unread(4), rank: 2, unseen: false },
      unread(6),
    ]);
  });

  it("messages that were only seen keep their turn, and are not taken out of `unseen` again", () => {
    expect(afterWatermark(evictionQueue, 4, "seen")).toEqual([
      silent,
      { ...unread(2), unseen: false },
      { ...unread(4), unseen: false },
      unread(6),
    ]);
  });
});
