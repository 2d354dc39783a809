// The guard of a fan-out: the alarm that continues the deliveries after a crash.

import { expect, it, vi } from "vitest";
import { FanOut } from "../../src/delivery/fan-out.ts";
import type { FanOutDeps } from "../../src/delivery/member-calls.ts";
import type { Delivering } from "../../src/delivery/position.ts";

/** Returns a fan-out with a follower that lacks one message, and its checkpoint and clock. */
function guarded(arm: (due: number | null) => Promise<void> = async () => undefined) {
  const clock = { now: 0 };
  const meta: Delivering = { delivered: 1 };
  const deps = {
    log: { at: () => ({ meta, head: 2 }) },
    members: { hasFollowers: () => true, behind: () => [], size: 1 },
    arm: () => arm(fanOut.due(clock.now)),
    clock: () => clock.now,
  };
  const fanOut: FanOut<Delivering> = new FanOut(deps as unknown as FanOutDeps<Delivering>);
  fanOut.restorePosition();
  return { fanOut, meta, clock };
}

it("[DEL1] the guard is set at most every half minute", async () => {
  const arm = vi.fn(async (_due: number | null) => undefined);
  const { fanOut, clock } = guarded(arm);
  for (const now of [0, 29_999, 30_000]) {
    clock.now = now;
    await fanOut.guard();
  }
  expect(arm.mock.calls).toEqual([[30_000], [60_000]]);
});

it("[DEL1] a guard that could not be set is set by the next publish", async () => {
  const arm = vi.fn(async () => {
    throw new Error("no room");
  });
  const { fanOut } = guarded(arm);
  for (const _publish of [1, 2]) await expect(fanOut.guard()).rejects.toThrow("no room");
  expect(arm).toHaveBeenCalledTimes(2);
});

it("[DEL1] members that have everything need no guard", async () => {
  const arm = vi.fn(async () => undefined);
  const { fanOut, meta, clock } = guarded(arm);
  await fanOut.guard();
  meta.delivered = 2;
  clock.now = 40_000;
  expect(fanOut.due(clock.now)).toBe(null);
  await fanOut.guard();
  expect(arm).toHaveBeenCalledTimes(1);
});

it("[DEL1] after a restart undelivered messages are due at once", () => {
  const deps = {
    log: { at: () => ({ meta: { delivered: 1 }, head: 2 }) },
    members: { hasFollowers: () => true, behind: () => [], size: 1 },
    clock: () => 5_000,
  };
  const fanOut = new FanOut(deps as unknown as FanOutDeps<Delivering>);
  expect(fanOut.due(5_000)).toBe(5_000);
});
