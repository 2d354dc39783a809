// The alarm that continues a delivery after a crash.

import type { Alarm } from "../log/alarm.ts";

const GUARD_MS = 30_000;

/** Sets its alarm at most every 30 seconds, however much is published. */
export class Guard {
  readonly #alarm: Alarm;
  #until = 0;

  constructor(alarm: Alarm) {
    this.#alarm = alarm;
  }

  async set(now: number): Promise<void> {
    if (now < this.#until) return;
    await this.#alarm.by(now + GUARD_MS);
    this.#until = now + GUARD_MS;
  }

  /** The alarm has fired, so it no longer guards a delivery. */
  rang(): void {
    this.#until = 0;
  }
}
