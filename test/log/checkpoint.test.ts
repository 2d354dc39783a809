// The text in which a log's standing rides on its rows.

import { expect, it } from "vitest";
import {
  type Checkpoint,
  emptyCheckpoint,
  parseCheckpoint,
  printCheckpoint,
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
  expect(parseCheckpoint(printCheckpoint(checkpoint))).toEqual(checkpoint);
});

// What an older or newer version of the code has stored must be read by this one.
it("[LOG2] the printed form is the one that is stored in rows", () => {
  expect(printCheckpoint(full)).toBe(
    '[1,"abcdefghij",41,1900000000000,40,2,1,1900000060000,7776000000,1907776000000,[1,1899999000000,7],[9,2,3,9,4,13],5,{"unread":3}]',
  );
});
