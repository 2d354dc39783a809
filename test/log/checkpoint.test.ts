// The text of a log's checkpoint, which is stored in its rows.

import { expect, it } from "vitest";
import {
  type Checkpoint,
  type Evictable,
  emptyCheckpoint,
  NO_OTHERS,
  parseCheckpoint,
  printCheckpoint,
  QUEUE_STORED_MAX,
  UNKNOWN,
} from "../../src/log/checkpoint.ts";

const full: Checkpoint<{ unread: number }> = {
  epoch: "abcdefghij",
  head: 41,
  time: 1_900_000_000_000,
  rows: 40,
  oldest: 2,
  lost: 1,
  due: 1_900_000_060_000,
  ageMs: 7_776_000_000,
  alarm: 1_907_776_000_000,
  identities: { table: 1, since: 1_899_999_000_000, count: 7 },
  evictionQueue: [
    { offset: 9, rank: 0, unseen: false, mayCarryCursor: true },
    { offset: 3, rank: 2, unseen: true, mayCarryCursor: false },
    { offset: 4, rank: 3, unseen: true, mayCarryCursor: false },
  ],
  lowestUnqueued: 5,
  meta: { unread: 3 },
};

it.each([
  { what: "everything", checkpoint: full },
  { what: "nothing", checkpoint: emptyCheckpoint({ unread: 0 }, 1000) },
])("[LOG2] a checkpoint of $what is read as it was printed", ({ checkpoint }) => {
  expect(parseCheckpoint(printCheckpoint(checkpoint), checkpoint.meta)).toEqual(checkpoint);
});

// This release must read the checkpoints that older and newer ones have stored.
it("[LOG2] the printed form is the one that is stored in rows", () => {
  expect(printCheckpoint(full)).toBe(
    '[1,"abcdefghij",41,1900000000000,40,2,1,1900000060000,7776000000,1907776000000,[1,1899999000000,7],[9,2,3,9,4,13],5,{"unread":3}]',
  );
});

const evictableAt = (offset: number): Evictable => ({
  offset,
  rank: 3,
  unseen: true,
  mayCarryCursor: false,
});

it("[ROW3] only the front of the queue is printed, with the lowest offset of the other rows", () => {
  const kept = Array.from({ length: QUEUE_STORED_MAX }, (_, i) => evictableAt(100 + i));
  const restAfter = (others: number[], rest: number) => {
    const queue = [...kept, ...others.map(evictableAt)];
    const text = printCheckpoint({
      ...full,
      oldest: 10,
      evictionQueue: queue,
      lowestUnqueued: rest,
    });
    return parseCheckpoint(text, full.meta);
  };
  expect(restAfter([70, 60, 80], 90)).toMatchObject({ evictionQueue: kept, lowestUnqueued: 60 });
  expect(restAfter([70], 50).lowestUnqueued).toBe(50);
  // Rows below the oldest are gone already.
  expect(restAfter([9, 70], 90).lowestUnqueued).toBe(70);
  // Where there were no other rows, there may be one when the object wakes again.
  expect(restAfter([], NO_OTHERS).lowestUnqueued).toBe(UNKNOWN);
  expect(restAfter([70], UNKNOWN).lowestUnqueued).toBe(UNKNOWN);
});
