// Who goes next in an inbox, and what is known of the lowest offset of all others.

import { expect, it } from "vitest";
import { afterMarks } from "../../src/inbox/victims.ts";
import { VICTIMS_KNOWN, type Victim } from "../../src/log/checkpoint.ts";

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
