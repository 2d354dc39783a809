// The frames of a topic's batch for a device, by the device's cursor.

import { expect, it } from "vitest";
import { framesOf, nextStepStart, printStep } from "../../src/inbox/next-step.ts";
import type { Batch, BatchEntry } from "../../src/objects/member.ts";

const entry = (offset: number, exclude: string | null = null): BatchEntry => ({
  ...{ offset, body: `"data":${offset}`, time: 1, expires: null, category: null, exclude },
});

/** Messages 5 to 8 of a topic; its messages 1 to `lost` are gone. */
const batch = (lost = 0, entries = [5, 6, 7, 8].map((offset) => entry(offset))): Batch => ({
  ...{ topic: "t", isPublic: false, epoch: "e", since: 4, to: 8, lost, oldest: lost + 1 },
  ...{ entries, live: [], generation: 1 },
});

const told = (offset: number, epoch = "e") => ({ epoch, offset });

it.each([
  ["one that is in step", told(4), 0, 4],
  ["one that has a part of it", told(6), 0, 6],
  ["one that has all of it", told(8), 0, "told"],
  ["one that is further", told(9), 0, "told"],
  ["one that lacks what lies before it", told(3), 0, "gap"],
  ["one that lacks what is gone", told(3), 4, null],
  ["one that has just what is gone", told(4), 4, 4],
  ["one of another epoch", told(4, "d"), 0, null],
  ["one of a topic that was empty", told(0, "0"), 0, "gap"],
  ["one of whom a rest left nothing", undefined, 0, 4],
  ["one of whom a rest left nothing, of what is gone in part", undefined, 5, null],
])("[SUB3] [SUB6] %s begins where it must", (_, cursor, lost, start) => {
  expect(nextStepStart(batch(lost), cursor)).toBe(start);
});

it("[SUB3] the first message of an empty topic is not a new snapshot", () => {
  const first = { ...batch(0, [entry(1)]), since: 0, to: 1 };
  expect(nextStepStart(first, told(0, "0"))).toBe(0);
});

it.each([[undefined], [told(2)], [told(1, "d")]])(
  "[SUB3] a batch of live messages only is no step (%o)",
  (cursor) => {
    expect(nextStepStart({ ...batch(5), since: 8, to: 8 }, cursor)).toBe("told");
  },
);

const dataOf = (frames: string[]) =>
  frames.flatMap((frame) => JSON.parse(frame).messages.map(({ data }: { data: number }) => data));

it("[SUB3] [TOP7] a step has the messages above its start, without those that exclude the device", () => {
  const entries = [entry(5), entry(6, "c_1"), entry(7), entry(8, "c_2")];
  expect(dataOf(printStep(batch(0, entries), 5, "c_1"))).toEqual([7, 8]);
  expect(dataOf(printStep(batch(0, entries), null, "c_2"))).toEqual([5, 6, 7]);
});

it("[CUR4] a subscriber that missed nothing is sent nothing after the reply", () => {
  const joined = { epoch: "e", offset: 8, oldest: 1, recovered: true, since: 8, messages: [] };
  expect(framesOf("t", joined)).toEqual([]);
  expect(framesOf("t", { ...joined, since: 7, messages: ['{"data":8}'] })).toHaveLength(1);
});
