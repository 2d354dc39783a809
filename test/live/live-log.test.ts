// From a publish to the sockets, over a log and an alarm that only record their calls.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveLog, type LiveLogDeps } from "../../src/live/live-log.ts";
import type { Appended } from "../../src/log/appended.ts";
import type { Draft } from "../../src/log/entry.ts";
import { draft } from "../support/object.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_900_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Returns a feed to that many sockets; `steps` are the calls to its parts, in order. */
function setUp({ sockets = 0, alarm = false } = {}) {
  const steps: string[] = [];
  const write = Promise.withResolvers<void>();
  const parts = {
    log: {
      append: (drafts: Draft[]): Partial<Appended> => {
        steps.push(`append ${drafts.length}`);
        return { entries: [], excluded: new Map(), outcomes: drafts.map(() => ({}) as never) };
      },
      takeAlarm: () => alarm,
      store: {
        durable: () => {
          steps.push("durable");
          return write.promise;
        },
      },
    },
    sockets: { size: sockets, broadcast: () => steps.push("broadcast") },
    arm: async () => steps.push("alarm"),
    clock: Date.now,
  };
  return { feed: new LiveLog(parts as unknown as LiveLogDeps<unknown>), steps, write };
}

it("[LOG15] the alarm is set once the write that asks for it is durable", async () => {
  const { feed, steps, write } = setUp({ alarm: true });
  feed.append([draft(1)]);
  await vi.advanceTimersByTimeAsync(100);
  expect(steps).toEqual(["append 1", "durable"]);
  write.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(steps).toEqual(["append 1", "durable", "alarm"]);
});

it("[LOG15] no alarm is set for a write that does not become durable", async () => {
  const failed = vi.spyOn(console, "error").mockReturnValue();
  const { feed, steps, write } = setUp({ alarm: true });
  feed.append([draft(1)]);
  write.reject(new Error("disk"));
  await vi.advanceTimersByTimeAsync(0);
  expect(steps).toEqual(["append 1", "durable"]);
  expect(failed.mock.calls[0]?.[0]).toContain("alarm_not_set");
});

it("[LOG3] drafts that add nothing are not broadcast", () => {
  const { feed, steps } = setUp({ sockets: 3 });
  feed.append([draft(1)]);
  expect(steps).toEqual(["append 1"]);
});

it("[CUR8] the first publish after a rest is not delayed, and in a crowd none for more than 15 ms", async () => {
  const { feed, steps, write } = setUp({ sockets: 10_000 });
  write.resolve();
  feed.publish([draft(1)], null);
  expect(steps).toEqual(["append 1"]);
  feed.publish([draft(2)], null);
  feed.publish([draft(3)], null);
  await vi.advanceTimersByTimeAsync(14);
  expect(steps).toEqual(["append 1"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(steps).toEqual(["append 1", "append 2", "durable"]);
});
