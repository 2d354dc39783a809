// API keys, which the hub knows by their digests only.

import { expect, it, vi } from "vitest";
import type { ApiKey } from "../../src/protocol/api-key.ts";
import { findKey, looksLikeKey } from "../../src/trust/key.ts";
import { API_KEY, TEST_VARS } from "../support/vars.ts";

const [ours] = JSON.parse(TEST_VARS.API_KEYS) as [ApiKey];

it("[PUB1] a key is found by its SHA-256, among others", async () => {
  const other: ApiKey = { name: "other", sha256: "0".repeat(64), scopes: [] };
  expect(await findKey([other, ours], API_KEY)).toBe(ours);
  expect(await findKey([other], API_KEY)).toBeNull();
  expect(await findKey([], API_KEY)).toBeNull();
});

it.each([
  `${API_KEY}x`,
  API_KEY.slice(0, -1),
  API_KEY.toUpperCase(),
  `${API_KEY} `,
  ours.sha256,
  "bk_test_short",
  "bk__0123456789abcdefghijklmnopqrstuv",
  "",
])("[PUB1] %j is not that key", async (presented) => {
  expect(await findKey([ours], presented)).toBeNull();
});

it("[PUB1] a key is remembered once it was found, and a wrong key is not", async () => {
  const keys = [ours];
  const remembered = vi.spyOn(Map.prototype, "set");
  for (const presented of [`${API_KEY}x`, "bk_test_short"]) await findKey(keys, presented);
  expect(remembered.mock.calls).toEqual([]);
  await findKey(keys, API_KEY);
  expect(remembered.mock.calls).toEqual([[API_KEY, ours]]);
  remembered.mockRestore();
});

it("[PUB1] a key is distinguished from a token by its beginning", () => {
  expect(looksLikeKey(API_KEY)).toBe(true);
  expect(looksLikeKey("eyJhbGciOiJIUzI1NiJ9.e30.x")).toBe(false);
});
