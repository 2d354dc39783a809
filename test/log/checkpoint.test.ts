// The text in which a log's standing rides on its rows.

import { expect, it } from "vitest";
import {
  type Checkpoint,
  emptyCheckpoint,
  NO_OTHERS,
  parseCheckpoint,
  printCheckpoint,
  UNKNOWN,
  VICTIMS_KEPT,
  type Victim,
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
  victims: [
    { offset: 9, rank: 0, unseen: false, last: true },
    { offset: 3, rank: 2, unseen: true, last: false },
    { offset: 4, rank: 3, unseen: true, last: false },
  ],
  rest: 5,
  own: { unread: 3 },
};

it.each([
  { what: "everything", checkpoint: full },
  { what: "nothing", checkpoint: emptyCheckpoint({ unread: 0 }, 1000) },
])("[LOG2] a checkpoint of $what is read as it was printed", ({ checkpoint }) => {
  expect(parseCheckpoint(printCheckpoint(checkpoint), checkpoint.own)).toEqual(checkpoint);
});

// What an older or newer version of the code has stored must be read by this one.
it("[LOG2] the printed form is the one that is stored in rows", () => {
  expect(printCheckpoint(full)).toBe(
    '[1,"abcdefghij",41,1900000000000,40,2,1,1900000060000,7776000000,1907776000000,[1,1899999000000,7],[9,2,3,9,4,13],5,{"unread":3}]',
  );
});

const victimAt = (offset: number): Victim => ({ offset, rank: 3, unseen: true, last: false });

it("[ROW3] of the victims only the next are printed, and the lowest of the others is known", () => {
  const kept = Array.from({ length: VICTIMS_KEPT }, (_, i) => victimAt(100 + i));
  const restAfter = (others: number[], rest: number) => {
    const victims = [...kept, ...others.map(victimAt)];
    const text = printCheckpoint({ ...full, oldest: 10, victims, rest });
    return parseCheckpoint(text, full.own);
  };
  expect(restAfter([70, 60, 80], 90)).toMatchObject({ victims: kept, rest: 60 });
  expect(restAfter([70], 50).rest).toBe(50);
  // What lies below the oldest is gone already.
  expect(restAfter([9, 70], 90).rest).toBe(70);
  // Where there were none, one may have come by the next waking.
  expect(restAfter([], NO_OTHERS).rest).toBe(UNKNOWN);
  expect(restAfter([70], UNKNOWN).rest).toBe(UNKNOWN);
});
