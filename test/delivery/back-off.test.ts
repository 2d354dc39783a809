// The times of the tries for a member that could not be reached.

import { expect, it } from "vitest";
import { retryAt } from "../../src/delivery/back-off.ts";

it("[DEL2] a try waits for 1 s, then twice as long each time up to an hour, spread over a half", () => {
  const waits = (random: number) => [1, 2, 3, 12, 13, 40].map((n) => retryAt(n, 0, random));
  expect(waits(1)).toEqual([1_000, 2_000, 4_000, 2_048_000, 3_600_000, 3_600_000]);
  expect(waits(0)).toEqual([500, 1_000, 2_000, 1_024_000, 1_800_000, 1_800_000]);
});
