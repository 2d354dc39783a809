// A token bucket: so much at once, and so much again in time. In memory, where a rest forgets it; its
// owner may keep the level with what is written anyway.

/** What is left, and as of when in ms. */
export type Level = readonly [left: number, at: number];

export class Allowance {
  readonly #max: number;
  readonly #perSecond: number;
  #left: number;
  #at = 0;

  /** `left` is what it begins with, where that is not all. */
  constructor(max: number, perSecond: number, left = max) {
    this.#max = max;
    this.#perSecond = perSecond;
    this.#left = left;
  }

  get level(): Level {
    return [Math.round(this.#left * 100) / 100, this.#at];
  }

  /** Goes on from a level that was kept. */
  restore([left, at]: Level): void {
    this.#left = Math.min(left, this.#max);
    this.#at = at;
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
