// The times by which a topic orders two calls of an inbox.

import { expect, it } from "vitest";
import { JoinClock } from "../../src/inbox/join-clock.ts";

type Stored = ConstructorParameters<typeof JoinClock>[0];

/** A join clock over a clock and a stored time that a test sets. */
function momentsAt(now: number, time: number) {
  const at = { now, time };
  const log = { at: () => ({ time: at.time }) } as unknown as Stored;
  return { at, moments: new JoinClock(log, () => at.now) };
}

it("[FOL7] each time is later than the one before, also within a millisecond and on a clock that steps back", () => {
  const { at, moments } = momentsAt(1_000, 0);
  expect([moments.next(), moments.next()]).toEqual([1_000, 1_001]);
  at.now = 500;
  expect(moments.next()).toBe(1_002);
  at.now = 2_000;
  expect(moments.next()).toBe(2_000);
});

it("[FOL7] each time is later than the stored one, also from a new instance on an older clock", () => {
  const { moments } = momentsAt(500, 1_000);
  expect([moments.next(), moments.next()]).toEqual([1_001, 1_002]);
});
