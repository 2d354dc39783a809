// The measured part of a throughput row: a warm-up, a window of some seconds in which operations
// are counted, and a drain after which every publish must be answered and delivered.

import { pause } from "../generator/deadline.ts";
import { drain, type Load } from "../generator/loops.ts";
import type { Context } from "./measure.ts";
import { startUsage, type Usage } from "./usage.ts";

/** Long enough for a JavaScript server to have compiled its hot code. */
export const WARM_UP_MS = 6000;

export async function measureWindow(
  { server, seconds }: Context,
  load: Load,
  start: () => () => void,
  count: () => number,
): Promise<{ perSecond: number; operations: number; usage: Usage }> {
  const stop = start();
  try {
    await pause(WARM_UP_MS);
    load.publishes.startTiming();
    const before = count();
    const endUsage = startUsage(server);
    await pause(seconds * 1000);
    const operations = count() - before;
    const usage = endUsage(operations);
    return { perSecond: operations / usage.seconds, operations, usage };
  } finally {
    stop();
    await drain(load);
  }
}
