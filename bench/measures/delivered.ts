// The check at the end of every row with subscribers: deliveries = publishes x subscribers, each message
// once to each. A row that does not pass it has no figures.

import type { Crowd } from "../generator/crowd.ts";
import type { Publishes } from "../generator/publishes.ts";

/** Compares count and sum with those of 0 to n-1: no set that lacks or repeats one matches both. */
export function checkDeliveredToAll(crowd: Crowd, publishes: Publishes): void {
  const sum = (publishes.started * (publishes.started - 1)) / 2;
  const wrong = crowd.subscribers.filter(
    (subscriber) => subscriber.received !== publishes.started || subscriber.sum !== sum,
  );
  checkTotal(publishes, publishes.started * crowd.subscribers.length);
  if (wrong.length > 0) {
    throw new Error(`${wrong.length} subscribers did not get each of ${publishes.started} once.`);
  }
}

export function checkTotal(publishes: Publishes, expected: number): void {
  if (publishes.delivered !== expected || publishes.failure) {
    const text = `${publishes.delivered} deliveries where ${expected} were due.`;
    throw new Error(text, { cause: publishes.failure });
  }
}
