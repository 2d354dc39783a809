// The question of an inbox to a topic whether it still lists the user: its time, its topic, its form.

import { expect, it, vi } from "vitest";
import { ErasureGate } from "../../src/inbox/erasure-gate.ts";
import { FollowCheck, type FollowCheckDeps } from "../../src/inbox/follow-check.ts";
import { PendingByTopic } from "../../src/inbox/pending-by-topic.ts";

const MINUTE = 60_000;

/** A check of an inbox that follows `a` and `b`; `joined` collects the calls in order. */
function checked(parts: Partial<FollowCheckDeps> = {}) {
  const at = { now: 1e12, random: 0 };
  const joined: Parameters<FollowCheckDeps["join"]>[] = [];
  const topics = ["a", "b"];
  const cursors = {
    topics: () => topics,
    of: (topic: string) => (topics.includes(topic) ? { epoch: "e", offset: 7 } : null),
  };
  const joins = new PendingByTopic();
  const erasureGate = new ErasureGate();
  const check = new FollowCheck({
    ...{ member: "user:ada", joins, leaves: new PendingByTopic(), erasureGate },
    log: { at: () => ({ meta: { follows: topics.length } }) },
    cursors,
    joinClock: { next: () => at.now },
    join: async (...call: Parameters<FollowCheckDeps["join"]>) => {
      joined.push(call);
      return { epoch: "e", offset: 7, oldest: 1, recovered: true, since: 7, messages: [] };
    },
    clock: () => at.now,
    random: () => at.random,
    ...parts,
  } as unknown as FollowCheckDeps);
  return { at, check, joined, joins, erasureGate, topics };
}

it("[FOL8] a check sends the cursor of the follow, and a time that sets it apart from older calls", async () => {
  const { check, joined } = checked();
  await check.run();
  const since = { epoch: "e", offset: 7 };
  expect(joined).toEqual([
    ["a", { member: "user:ada", follows: true, since, unlessPublic: null, at: 1e12 }],
  ]);
});

it("[FOL8] a check comes once in five minutes, and at once after the clock steps back", async () => {
  const { at, check, joined } = checked();
  await check.run();
  await check.run();
  at.now += 5 * MINUTE - 1;
  await check.run();
  expect(joined).toHaveLength(1);
  at.now += 1;
  await check.run();
  expect(joined).toHaveLength(2);
  at.now -= 24 * 60 * MINUTE;
  await check.run();
  expect(joined).toHaveLength(3);
});

it("[FOL8] each topic is asked in its turn, and none where nothing is followed", async () => {
  const { at, check, joined, topics } = checked();
  at.random = 0.049;
  await check.run();
  expect(joined.map(([topic]) => topic)).toEqual(["b"]);
  topics.length = 0;
  at.now += 5 * MINUTE;
  await check.run();
  expect(joined).toHaveLength(1);
});

it("[FOL8] [LOG14] no topic is asked during an erase, nor while it is being joined", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { at, check, joined, joins, erasureGate } = checked();
  const end = erasureGate.close();
  await check.run();
  end();
  const ended = joins.begin("a");
  at.now += 5 * MINUTE;
  await check.run();
  ended();
  expect(joined).toEqual([]);
  vi.restoreAllMocks();
});

it("[FOL8] the end of a follow waits for the answer to a check", async () => {
  const { check, joins } = checked({
    join: async () => {
      expect(joins.isUnderWay("a")).toBe(true);
      throw new Error("away");
    },
  });
  const lines = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await check.run();
  expect(joins.isUnderWay("a")).toBe(false);
  expect(lines.mock.calls.flat()).toEqual([
    '{"event":"follow_check_failed","cause":"Error: away"}',
  ]);
  vi.restoreAllMocks();
});

it("[FOL8] one connect in twenty checks, since all followers of a topic may come back at once", async () => {
  let asked = 0;
  for (let n = 0; n < 100; n++) {
    const { at, check, joined } = checked();
    at.random = n / 100;
    await check.run();
    asked += joined.length;
  }
  expect(asked).toBe(5);
});
