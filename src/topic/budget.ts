// Calls that one event of the object may make. The platform allows each event so many calls of other
// objects (1,000 on the Free plan), and only another event brings new ones.

/** Calls to members for each event; what is left up to the limit is for the object's other calls. */
const CALLS_PER_EVENT_MAX = 900;

export class Budget {
  #left = 0;

  /** An event has begun. */
  renew(calls = CALLS_PER_EVENT_MAX): void {
    this.#left = calls;
  }

  /** Takes one call; false when none is left. */
  take(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }

  get isSpent(): boolean {
    return this.#left === 0;
  }
}
