// Waits until a publish has reached all followers. A question costs the server as much as a publish, so
// the first one comes when the time of the last fan-out is nearly over.

import { ask } from "../generator/ask.ts";
import { pause } from "../generator/deadline.ts";
import type { HttpPool } from "../generator/http-pool.ts";
import type { Address, Following } from "../servers/server.ts";

/** Shares of the last fan-out's time: until the first question, and between the next ones. */
const FIRST_SHARE = 0.9;
const NEXT_SHARE = 0.05;
const PAUSE_MS_MIN = 2;
const DELIVERY_MS_MAX = 30_000;

/** Returns the function that waits for the message at an offset. */
export function startDeliveryWatch(
  pool: HttpPool,
  { delivery }: Following,
  topic: Address,
  followers: number,
): (offset: number) => Promise<void> {
  let lastMs = 0;
  return async (offset) => {
    if (!delivery) return;
    const startedAt = performance.now();
    const elapsedMs = (): number => performance.now() - startedAt;
    await pause(lastMs * FIRST_SHARE);
    while (delivery.read(await ask(pool, delivery.request(topic, offset))) < followers) {
      if (elapsedMs() > DELIVERY_MS_MAX) throw new Error(`Message ${offset} is not at all.`);
      await pause(Math.max(PAUSE_MS_MIN, lastMs * NEXT_SHARE));
    }
    lastMs = elapsedMs();
  };
}
