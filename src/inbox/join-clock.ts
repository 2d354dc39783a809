// The times of an inbox's joins and leaves. Each is later than all before it, so that a topic can order two
// calls even when one of them arrives late.

import type { Log } from "../log/log.ts";

export class JoinClock {
  readonly #log: Pick<Log<unknown>, "at">;
  readonly #clock: () => number;
  #last = 0;

  constructor(log: Pick<Log<unknown>, "at">, clock: () => number) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Returns the next time, in ms. It is also later than the stored time, because the clock may step back
   * across a restart.
   */
  next(): number {
    const now = this.#clock();
    this.#last = Math.max(now, this.#log.at(now).time + 1, this.#last + 1);
    return this.#last;
  }
}
