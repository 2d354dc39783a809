// The times that an inbox's joinings and leavings of topics carry. Each is later than all before it, so
// that a topic sees which of two calls came last, however late one of them arrives.

import type { Log } from "../log/log.ts";

export class Moments {
  readonly #log: Pick<Log<unknown>, "at">;
  readonly #clock: () => number;
  #last = 0;

  constructor(log: Pick<Log<unknown>, "at">, clock: () => number) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The next one, in ms. It is past the stored time too: the clock may step back across a restart. */
  next(): number {
    const now = this.#clock();
    this.#last = Math.max(now, this.#log.at(now).time + 1, this.#last + 1);
    return this.#last;
  }
}
