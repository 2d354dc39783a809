// A token bucket: so much at once, and so much again in time. In memory, so that it costs nothing
// where it is not used up; an object that has rested long enough to be evicted would have it full.

export class Allowance {
  readonly #max: number;
  readonly #perSecond: number;
  #left: number;
  #at = 0;

  constructor(max: number, perSecond: number) {
    this.#max = max;
    this.#perSecond = perSecond;
    this.#left = max;
  }

  /** Whether anything is left. What is spent is known afterwards only, so the last may cost more. */
  has(now: number): boolean {
    this.#refill(now);
    return this.#left > 0;
  }

  /** Spends an amount where so much is left; returns whether it was. */
  take(amount: number, now: number): boolean {
    this.#refill(now);
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  spend(amount: number): void {
    this.#left -= amount;
  }

  #refill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    this.#left = Math.min(this.#max, this.#left + (passed / 1000) * this.#perSecond);
    this.#at = now;
  }
}
