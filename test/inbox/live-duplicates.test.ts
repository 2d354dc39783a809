// Live messages that a repeated call brings again.

import { expect, it } from "vitest";
import { LiveDuplicates } from "../../src/inbox/live-duplicates.ts";
import type { Batch, LiveEntry } from "../../src/objects/member.ts";

const live = (turn?: number): LiveEntry => ({
  ...{ offset: null, body: "", time: 1, expires: null, category: null, exclude: null },
  ...(turn === undefined ? {} : { turn }),
});

const batch = (
  instance: string | undefined,
  turns: (number | undefined)[],
  topic = "t",
): Batch => ({
  ...{ topic, isPublic: false, epoch: "e", since: 0, to: 0, lost: 0, oldest: 1, entries: [] },
  ...(instance === undefined ? {} : { instance }),
  live: turns.map(live),
  generation: 1,
});

const turnsOf = ({ live }: Batch) => live.map(({ turn }) => turn);

it("[DEL8] a call that is repeated several times brings a live message once", () => {
  const heard = new LiveDuplicates();
  expect(turnsOf(heard.without(batch("a", [1, 2])))).toEqual([1, 2]);
  expect(turnsOf(heard.without(batch("a", [1, 2])))).toEqual([]);
  expect(turnsOf(heard.without(batch("a", [2, 3])))).toEqual([3]);
  expect(turnsOf(heard.without(batch("a", [1])))).toEqual([]);
  expect(turnsOf(heard.without(batch("a", [3])))).toEqual([]);
});

it("[DEL8] turns of another instance of the topic, and of another topic, are counted apart", () => {
  const heard = new LiveDuplicates();
  heard.without(batch("a", [5]));
  expect(turnsOf(heard.without(batch("b", [1])))).toEqual([1]);
  expect(turnsOf(heard.without(batch("a", [1], "other")))).toEqual([1]);
});

it("[DEL8] a message without a turn, from an older release, is taken", () => {
  const heard = new LiveDuplicates();
  heard.without(batch("a", [5]));
  expect(turnsOf(heard.without(batch("a", [undefined, 6])))).toEqual([undefined, 6]);
  expect(turnsOf(heard.without(batch(undefined, [1])))).toEqual([1]);
});
