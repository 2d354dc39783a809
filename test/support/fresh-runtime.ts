// The runtime starts once for all files that run within it. Each leaves it as if it were new: the objects
// of one file must not ring, reconnect or set a timer in the next, nor a spy stay where its test failed.

import { reset } from "cloudflare:test";
import { afterAll, vi } from "vitest";

afterAll(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await reset();
});
