// The one alarm of an object, shared by all parts of the object that need to be woken.

/** Delay before the alarm comes again after its work has failed. */
const AGAIN_MS = 60_000;

export class Alarm {
  readonly #storage: Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;
  /**
   * The time the alarm is set for, in ms; null when it is not set, undefined while that is not known.
   */
  #at: number | null | undefined;

  constructor(storage: Pick<DurableObjectStorage, "getAlarm" | "setAlarm">) {
    this.#storage = storage;
  }

  /** Makes sure that the alarm comes at this time (ms) or earlier. */
  async by(at: number): Promise<void> {
    if (this.#at === undefined) {
      const found = await this.#storage.getAlarm();
      // Another call may have set the alarm while this one read it.
      if (this.#at === undefined) this.#at = found;
    }
    if (this.#at !== null && this.#at <= at) return;
    this.#at = at;
    try {
      await this.#storage.setAlarm(at);
    } catch (cause) {
      this.#at = undefined;
      throw cause;
    }
  }

  /**
   * Runs the work of the alarm; after a failure, sets the alarm again. The platform drops an alarm after
   * its handler has thrown six times, and the work would be lost with it: an error of the work is
   * therefore logged and not thrown.
   */
  async ring(work: () => Promise<void>, clock: () => number): Promise<void> {
    this.#at = null;
    try {
      await work();
    } catch (cause) {
      console.error(JSON.stringify({ event: "alarm_failed", cause: String(cause) }));
      await this.by(clock() + AGAIN_MS);
    }
  }

  /** Notes that the alarm was erased together with everything else in storage. */
  gone(): void {
    this.#at = null;
  }
}
