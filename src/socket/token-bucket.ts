// A token bucket: an amount that may be spent at once, and a rate at which it refills. It is in memory, so
// hibernation resets it; its owner may store the level with another write.

/** The amount that is left, and the time in ms at which it was. */
export type Level = readonly [left: number, at: number];

export class TokenBucket {
  readonly #max: number;
  readonly #perSecond: number;
  #left: number;
  #at = 0;

  /** `left` is the amount at the start, if that is not `max`. */
  constructor(max: number, perSecond: number, left = max) {
    this.#max = max;
    this.#perSecond = perSecond;
    this.#left = left;
  }

  get level(): Level {
    return [Math.round(this.#left * 100) / 100, this.#at];
  }

  /** Continues from a stored level. */
  restore([left, at]: Level): void {
    this.#left = Math.min(left, this.#max);
    this.#at = at;
  }

  /**
   * Returns whether anything is left. Used for a cost that is known only afterwards and may exceed the rest.
   */
  has(now: number): boolean {
    this.#refill(now);
    return this.#left > 0;
  }

  /** Spends an amount if that much is left; returns whether it did. */
  take(amount: number, now: number): boolean {
    this.#refill(now);
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  spend(amount: number, now: number): void {
    this.#refill(now);
    this.#left -= amount;
  }

  #refill(now: number): void {
    const passed = this.#at === 0 ? 0 : Math.max(0, now - this.#at);
    this.#left = Math.min(this.#max, this.#left + (passed / 1000) * this.#perSecond);
    this.#at = now;
  }
}
