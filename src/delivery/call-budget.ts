// The calls that one event of the object may make. The platform limits an event's calls to other objects
// (1,000 on the Free plan); only another event has a new allowance.

/**
 * Calls to members for each event. The rest of the platform's limit is for the object's other calls.
 */
const CALLS_PER_EVENT_MAX = 900;

export class CallBudget {
  #left = 0;

  /** Called when an event begins. */
  renew(calls = CALLS_PER_EVENT_MAX): void {
    this.#left = calls;
  }

  /** Takes one call; returns false when none is left. */
  take(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }

  get isSpent(): boolean {
    return this.#left === 0;
  }
}
