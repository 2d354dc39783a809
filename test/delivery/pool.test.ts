// Calls to members, a limited number at a time, each with a time limit.

import { afterEach, expect, it, vi } from "vitest";
import { atMost, inPool } from "../../src/delivery/pool.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("[DEL2] calls are each given up after three seconds, and not before", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
  const answerAfter = (ms: number) =>
    new Promise<string>((resolve) => setTimeout(() => resolve(`after ${ms}`), ms));
  const called = inPool([100, 2_900, 60_000], 2, (ms, within) =>
    within(answerAfter(ms)).catch((cause) => String(cause)),
  );
  await vi.advanceTimersByTimeAsync(4_000);
  expect(await called).toEqual([
    ...["after 100", "after 2900"],
    expect.stringContaining("no answer within 3000 ms"),
  ]);
  expect(vi.getTimerCount()).toBe(1);
});

it("[DEL1] an alarm waits for calls for a limited time", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let isOver = false;
  const waiting = atMost(60_000, new Promise(() => undefined)).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(59_999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  await atMost(60_000, Promise.resolve());
  expect(vi.getTimerCount()).toBe(0);
});
