// The one alarm of an object, which more than one part of it wants to be woken by.

/** When what an alarm came for has failed, it is tried again after this long. */
const AGAIN_MS = 60_000;

export class Alarm {
  readonly #storage: Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;
  /** What it is set for, in ms; null for not at all, undefined while that is not known. */
  #at: number | null | undefined;

  constructor(storage: Pick<DurableObjectStorage, "getAlarm" | "setAlarm">) {
    this.#storage = storage;
  }

  /** Sees to it that the alarm comes at this time (ms) or before. */
  async by(at: number): Promise<void> {
    if (this.#at === undefined) {
      const found = await this.#storage.getAlarm();
      // Another call may have set it while this one looked.
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
   * Does what it has come for; when that fails, it comes again. The platform drops an alarm that
   * throws six times, and what it guards with it, so this never throws for the work.
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

  /** It was erased with everything else. */
  gone(): void {
    this.#at = null;
  }
}
