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
    const passed = Math.max(0, now - this.#at);
    this.#left = Math.min(this.#max, this.#left + (passed / 1000) * this.#perSecond);
    this.#at = now;
    return this.#left > 0;
  }

  spend(amount: number): void {
    this.#left -= amount;
  }
}
