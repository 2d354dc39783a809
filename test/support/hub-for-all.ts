// One hub for all tests of a file.

import { afterAll, beforeAll, inject } from "vitest";
import { type Hub, startHub } from "./hub.ts";

/** Starts it before the first test and stops it after the last; tells its address in between. */
export function hubForAll(started: (url: string) => void, vars: Record<string, string> = {}): void {
  let hub: Hub;
  beforeAll(async () => {
    hub = await startHub(inject("bundle"), vars);
    started(hub.url);
  });
  afterAll(() => hub.stop());
}
