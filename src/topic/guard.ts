// The alarm that goes on with a delivery which a crash interrupted.

import type { Alarm } from "../log/alarm.ts";

const GUARD_MS = 30_000;

/** Set anew in half a minute at most, however much is published. */
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

  /** The alarm came: it guards nothing any more. */
  rang(): void {
    this.#until = 0;
  }
}
