// Calls to members: so many at a time, and none forever.

import { CALL_MS_MAX, NO_ANSWER } from "../objects/stubs.ts";

/** Members that are called at once in a round, and apart from it. */
export const CALLS_MAX = 32;
export const CATCHING_UP_MAX = 8;
/** How long an alarm lasts at most; the platform ends it after a quarter of an hour. */
export const RESUME_MS_MAX = 60_000;

/** Rejects when a call is not answered in time: what was asked may still be done. */
type Within = <T>(call: Promise<T>) => Promise<T>;

/** Makes the calls for each, so many at a time and each in time; gives the results in order. */
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

/** One timer for all calls: there are thousands. */
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

  /** What was begun so many ticks ago and is still there is late. */
  #tick(): void {
    this.#begun = [this.#calls, ...this.#begun].slice(0, CALL_MS_MAX / TICK_MS + 1);
    const late = this.#begun[CALL_MS_MAX / TICK_MS] ?? 0;
    for (const [id, expire] of this.#expiries) if (id <= late) expire();
  }
}

const TICK_MS = 500;

/** Resolves with the work, or after so long without it. */
export async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const lapse = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, lapse]);
  clearTimeout(timer);
}
