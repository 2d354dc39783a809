// Group commit by itself: publishes that are written at once, those that share a write, and failures.

import { describe, expect, it } from "vitest";
import { GroupCommit } from "../../src/live/group-commit.ts";

/** Returns a group and its controls: the test makes writes durable and ends the waits. */
function setUp(gatherMs = 0, restMs = 100) {
  let now = 1_000_000;
  const commits: string[][] = [];
  const waited: number[] = [];
  const durables: PromiseWithResolvers<void>[] = [];
  const waits: PromiseWithResolvers<void>[] = [];
  let failing: string | null = null;
  const group = new GroupCommit<string, string>({
    commit: (drafts) => {
      if (failing !== null && drafts.includes(failing)) throw new Error(`no ${failing}`);
      commits.push(drafts);
      return drafts.map((draft) => `${draft}!`);
    },
    durable: () => {
      const write = Promise.withResolvers<void>();
      durables.push(write);
      return write.promise;
    },
    gatherMs: (restedMs) => (restedMs > restMs ? 0 : gatherMs),
    clock: () => now,
    wait: (ms) => {
      waited.push(ms);
      const wait = Promise.withResolvers<void>();
      waits.push(wait);
      return wait.promise;
    },
  });
  const fail = (draft: string | null) => {
    failing = draft;
  };
  const rest = (ms = 101) => {
    now += ms;
  };
  // One publish has just been written, so that a test's first one is not the first after a rest.
  group.add(["before"]);
  commits.length = 0;
  return { group, commits, waited, durables, waits, fail, rest };
}

/** Runs the pending microtasks. */
async function turn(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe("a group commit", () => {
  it("[LOG1] the first publish after a rest is written at once", async () => {
    const { group, commits, waited, durables, rest } = setUp(5);
    rest();
    expect(await group.add(["a", "b"])).toEqual(["a!", "b!"]);
    expect(commits).toEqual([["a", "b"]]);
    // The publish waits neither for others nor for the disk: the runtime holds the reply.
    expect([waited, durables]).toEqual([[], []]);
  });

  it("[CUR8] publishes that come while a write becomes durable share the next one", async () => {
    const { group, commits, durables } = setUp();
    group.add(["a"]);
    const others = [group.add(["b"]), group.add(["c", "d"]), group.add(["e"])];
    await turn();
    expect(commits).toEqual([["a"]]);
    durables[0]?.resolve();
    expect(await Promise.all(others)).toEqual([["b!"], ["c!", "d!"], ["e!"]]);
    expect(commits).toEqual([["a"], ["b", "c", "d", "e"]]);
  });

  it("[CUR8] a publish soon after another waits for more to join, and one after a rest does not wait", async () => {
    const { group, commits, waited, waits, durables, rest } = setUp(7);
    rest();
    group.add(["a"]);
    group.add(["b"]);
    expect(waited).toEqual([7]);
    group.add(["c"]);
    expect(commits).toEqual([["a"]]);
    waits[0]?.resolve();
    await turn();
    expect(commits).toEqual([["a"], ["b", "c"]]);
    durables[0]?.resolve();
    await turn();
    rest();
    group.add(["d"]);
    expect(commits).toEqual([["a"], ["b", "c"], ["d"]]);
    expect(waited).toEqual([7]);
    // Nothing waits, but the last publish was just now.
    group.add(["e"]);
    expect(commits).toHaveLength(3);
    expect(waited).toEqual([7, 7]);
  });

  it("[CUR8] one write takes no more than 2,000 drafts, and no publish is cut in two", async () => {
    const { group, commits, durables } = setUp();
    group.add(["first"]);
    const list = (name: string) => Array.from({ length: 900 }, () => name);
    for (const name of ["a", "b", "c", "d"]) group.add(list(name));
    for (let i = 0; i < 3; i++) {
      durables[i]?.resolve();
      await turn();
    }
    expect(commits.map(({ length }) => length)).toEqual([1, 2700, 900]);
  });

  it("[LOG1] publishes that wait when a write does not become durable are rejected", async () => {
    const { group, commits, durables } = setUp();
    group.add(["a"]);
    const waiting = group.add(["b"]);
    const rejected = expect(waiting).rejects.toThrow("disk");
    durables[0]?.reject(new Error("disk"));
    await rejected;
    expect(commits).toEqual([["a"]]);
    // The next publish starts a new group.
    expect(await group.add(["c"])).toEqual(["c!"]);
  });

  it("[LOG1] a write that throws after a rest rejects its own publish, and no later one", async () => {
    const { group, fail, rest } = setUp();
    rest();
    fail("a");
    await expect(group.add(["a"])).rejects.toThrow("no a");
    fail(null);
    expect(await group.add(["b"])).toEqual(["b!"]);
  });

  it("[LOG1] a write that throws rejects its own group and those that wait, and no later one", async () => {
    const { group, durables, fail } = setUp();
    fail("b");
    const first = group.add(["a"]);
    const both = [group.add(["b"]), group.add(["c"])];
    const rejected = Promise.all(both.map((each) => expect(each).rejects.toThrow("no b")));
    expect(await first).toEqual(["a!"]);
    durables[0]?.resolve();
    await rejected;
    fail(null);
    expect(await group.add(["d"])).toEqual(["d!"]);
  });

  it("[LOG1] no publish overtakes those that wait for a slow write", async () => {
    const { group, commits, durables, rest } = setUp();
    group.add(["a"]);
    group.add(["b"]);
    rest();
    group.add(["c"]);
    expect(commits).toEqual([["a"]]);
    durables[0]?.resolve();
    await turn();
    expect(commits).toEqual([["a"], ["b", "c"]]);
  });

  it("[CUR8] after a short rest the first publish is not delayed, and those behind it are gathered", async () => {
    const { group, commits, waited, durables, rest } = setUp(7, 10);
    rest(20);
    group.add(["a"]);
    group.add(["b"]);
    expect([commits, waited]).toEqual([[["a"]], []]);
    durables[0]?.resolve();
    await turn();
    expect([commits, waited]).toEqual([[["a"]], [7]]);
  });
});
