// One hub for all tests of a file.

import { afterAll, beforeAll, inject } from "vitest";
import { type Hub, startHub } from "./hub.ts";

/** Starts the hub before the first test, passes on its address, and stops it after the last. */
export function hubForAll(started: (url: string) => void, vars: Record<string, string> = {}): void {
  let hub: Hub;
  beforeAll(async () => {
    hub = await startHub(inject("bundle"), vars);
    started(hub.url);
  });
  afterAll(() => hub.stop());
}
