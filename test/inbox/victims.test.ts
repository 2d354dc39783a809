// Who goes next in an inbox, and what is known of the lowest offset of all others.

import { describe, expect, it } from "vitest";
import { afterMarks, afterWatermark } from "../../src/inbox/victims.ts";
import { UNKNOWN, VICTIMS_KNOWN, type Victim } from "../../src/log/checkpoint.ts";

const READ = { seen_at: 1, read_at: 1, archived_at: null };
const ARCHIVED = { ...READ, archived_at: 1 };

const unread = (offset: number): Victim => ({ offset, rank: 3, unseen: true, last: false });

it("[LOG6] a message marked unread leaves its place, and may be the lowest of the others", () => {
  const read: Victim = { offset: 2, rank: 2, unseen: false, last: false };
  const line = { victims: [read, { ...read, offset: 7 }], rest: 3 };
  const state = { ...READ, read_at: null };
  expect(afterMarks(line, [{ offset: 2, state }])).toEqual({
    victims: [{ ...read, offset: 7 }],
    rest: 2,
  });
});

it("[LOG6] one that was among the others and joins leaves their lowest unknown", () => {
  const line = { victims: [unread(1), unread(2)], rest: 3 };
  const { victims, rest } = afterMarks(line, [{ offset: 3, state: ARCHIVED }]);
  expect(victims.map(({ offset }) => offset)).toEqual([3, 1, 2]);
  expect(rest).toBe(0);
});

it("[LOG6] no more are kept than fit, and who is cut off counts among the others", () => {
  const victims = Array.from({ length: VICTIMS_KNOWN }, (_, i) => unread(10 + i));
  const last = 10 + VICTIMS_KNOWN - 1;
  const after = afterMarks({ victims, rest: 9000 }, [{ offset: 9500, state: ARCHIVED }]);
  expect(after.victims).toHaveLength(VICTIMS_KNOWN);
  expect(after.victims[0]?.offset).toBe(9500);
  expect(after.rest).toBe(last);
});

it("[LOG6] of those that are marked only those that go before the last listed join the list", () => {
  const line = { victims: [unread(1), unread(2)], rest: 3 };
  const fresh = { seen_at: null, read_at: null, archived_at: null };
  const { victims } = afterMarks(line, [
    { offset: 5, state: fresh },
    { offset: 6, state: READ },
    { offset: 7, state: null },
  ]);
  expect(victims.map(({ offset, rank }) => [offset, rank])).toEqual([
    [7, 0],
    [6, 2],
    [1, 3],
    [2, 3],
  ]);
});

it("[LOG6] [FOL3] what was marked counts as it then is, and may be the newest of its topic", () => {
  const line = { victims: [unread(1), unread(9)], rest: UNKNOWN };
  const seen = { ...READ, read_at: null };
  const { victims } = afterMarks(line, [
    { offset: 2, state: READ },
    { offset: 3, state: seen },
  ]);
  expect(victims).toEqual([
    { offset: 2, rank: 2, unseen: false, last: true },
    unread(1),
    { offset: 3, rank: 3, unseen: false, last: true },
    unread(9),
  ]);
});

describe("[LOG6] after an `up_to`", () => {
  const silent: Victim = { offset: 3, rank: 2, unseen: true, last: false };
  const victims = [silent, unread(2), unread(4), unread(6)];

  it("what was read goes before what came later, and silent ones stay what they are", () => {
    expect(afterWatermark(victims, 4, "read")).toEqual([
      { ...unread(2), rank: 2, unseen: false },
      silent,
      { ...unread(4), rank: 2, unseen: false },
      unread(6),
    ]);
  });

  it("what was only seen keeps its turn, and is not counted out of `unseen` again", () => {
    expect(afterWatermark(victims, 4, "seen")).toEqual([
      silent,
      { ...unread(2), unseen: false },
      { ...unread(4), unseen: false },
      unread(6),
    ]);
  });
});
