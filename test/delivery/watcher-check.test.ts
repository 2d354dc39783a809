// The choice of watching members that a topic asks whether anyone still watches.

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import type { Member, Members } from "../../src/delivery/members.ts";
import { WatcherCheck } from "../../src/delivery/watcher-check.ts";
import { namedTopic } from "../support/member.ts";

/** Returns the check of a topic with that many watchers and followers, not in the order of their names. */
function probeOf(size: number) {
  const all = new Map<string, Member>();
  for (let n = size - 1; n >= 0; n--)
    for (const follows of [true, false]) {
      const name = `user:${follows ? "f" : "w"}${`${n}`.padStart(5, "0")}`;
      all.set(name, { name, follows } as Member);
    }
  const clock = { now: 10_000 };
  const members = { all: () => all } as unknown as Members;
  return {
    clock,
    all,
    probe: new WatcherCheck({ members, clock: () => clock.now, random: () => 0.5 }),
  };
}

it("[DEL6] one alarm after the other asks all watchers of a full topic, each once", () => {
  const { probe } = probeOf(1_700);
  const asked: string[] = [];
  const answers = [1, 2, 3].map(() => {
    const isLast = probe.chooseNext();
    for (const { name } of probe.take()) asked.push(name);
    return [isLast, asked.length];
  });
  expect(answers).toEqual([
    [false, 800],
    [false, 1_600],
    [true, 1_700],
  ]);
  expect(new Set(asked).size).toBe(1_700);
  expect(asked.filter((name) => name.startsWith("user:f"))).toEqual([]);
  expect([probe.chooseNext(), probe.take().size]).toEqual([false, 800]);
});

it("[DEL3] a join that finds no room asks a hundred watchers, once in five seconds", () => {
  const { probe, clock } = probeOf(300);
  expect([probe.chooseSome(), probe.take().size]).toEqual([true, 100]);
  clock.now += 4_999;
  expect([probe.chooseSome(), probe.isDue]).toEqual([false, false]);
  clock.now += 1;
  expect([probe.chooseSome(), probe.isDue]).toEqual([true, true]);
});

it("[DEL6] while watchers are left to ask, the next alarm comes at once", async () => {
  const { stub } = namedTopic();
  const joining = { member: "user:ada", since: "latest" as const, unlessPublic: null };
  await stub.join({ ...joining, follows: false });
  vi.spyOn(WatcherCheck.prototype, "chooseNext").mockReturnValueOnce(false);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  const at = await runInDurableObject(stub, (_topic, { storage }) => storage.getAlarm());
  vi.restoreAllMocks();
  expect(at).toBeLessThanOrEqual(Date.now());
});
