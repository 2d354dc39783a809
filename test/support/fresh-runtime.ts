// The runtime starts once for all files that run in it, and each file leaves it like new: its objects must
// not run alarms, reconnect or set timers in the next file, and no spy may outlive a test that failed.

import { reset } from "cloudflare:test";
import { afterAll, vi } from "vitest";

afterAll(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await reset();
});
