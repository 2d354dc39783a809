// Calls to members: a limited number at a time, each with a time limit.

import { CALL_MS_MAX, NO_ANSWER } from "../objects/stubs.ts";

/** How many members a round calls at a time, and how many the catch-up beside it. */
export const CALLS_MAX = 32;
export const CATCHING_UP_MAX = 8;
/**
 * The longest time that an alarm waits for deliveries; the platform ends an alarm after 15 minutes.
 */
export const RESUME_MS_MAX = 60_000;

/** Rejects when a call is not answered in time. The member may carry out the call all the same. */
type Within = <T>(call: Promise<T>) => Promise<T>;

/**
 * Takes items and makes the calls for each, `atOnce` items at a time, each call with a time limit.
 * Returns the results in the order of the items.
 */
export async function inPool<T, R>(
  items: T[],
  atOnce: number,
  callsFor: (item: T, within: Within) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const next = items.entries();
  const deadline = new Deadline();
  const work = async () => {
    for (const [i, item] of next)
      results[i] = await callsFor(item, (call) => deadline.within(call));
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  } finally {
    deadline.end();
  }
  return results;
}

/** One timer for all calls of a pool, which may be thousands. */
class Deadline {
  readonly #expiries = new Map<number, () => void>();
  readonly #timer: ReturnType<typeof setInterval>;
  #calls = 0;
  /** The number of calls begun at each of the last ticks, the newest first. */
  #begun: number[] = [];

  constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  within<T>(call: Promise<T>): Promise<T> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#expiries.set(id, () => reject(new Error(NO_ANSWER)));
      call.then(resolve, reject).finally(() => this.#expiries.delete(id));
    });
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** Rejects the calls that began at least CALL_MS_MAX ago and have no answer yet. */
  #tick(): void {
    this.#begun = [this.#calls, ...this.#begun].slice(0, CALL_MS_MAX / TICK_MS + 1);
    const late = this.#begun[CALL_MS_MAX / TICK_MS] ?? 0;
    for (const [id, expire] of this.#expiries) if (id <= late) expire();
  }
}

const TICK_MS = 500;

/** Resolves when the work is done, or after `ms` at the latest. */
export async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const lapse = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, lapse]);
  clearTimeout(timer);
}
