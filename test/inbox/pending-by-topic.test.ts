// Joins of a topic that are under way at once.

import { expect, it } from "vitest";
import { PendingByTopic } from "../../src/inbox/pending-by-topic.ts";

it("[SUB3] a topic is being joined until the last of its joins has ended", () => {
  const joins = new PendingByTopic();
  const ends = [joins.begin("a"), joins.begin("a")] as const;
  expect([joins.topics(), joins.isUnderWay("b")]).toEqual([["a"], false]);
  ends[0]();
  expect(joins.isUnderWay("a")).toBe(true);
  ends[1]();
  expect([joins.topics(), joins.isUnderWay("a")]).toEqual([[], false]);
});
