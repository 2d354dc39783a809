// The one alarm of an object, shared by its named parts: the platform has one alarm for each object.

import { report } from "../protocol/report.ts";

/** A part of an object that an alarm must wake. */
export interface AlarmPart {
  /**
   * Takes the time (ms); returns when the alarm must come for this part at the latest, or null for never.
   * It is computed from what is stored, since the alarm may come to an object that has just restarted.
   */
  due(now: number): number | null;
  /** Whether there is work before the part is due, now that the alarm has come for another part. */
  hasWork?(now: number): boolean;
  run(): Promise<void>;
}

type Storage = Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;

/** Delay before a part that has failed runs again. */
const AGAIN_MS = 60_000;

export class Alarm<Part extends string> {
  readonly #storage: Storage;
  readonly #clock: () => number;
  readonly #parts: Map<Part, AlarmPart>;
  /**
   * The time the alarm is set for, in ms; null when it is not set, undefined while that is not known.
   */
  #at: number | null | undefined;
  /** When each part that has failed runs again, in ms. */
  readonly #again = new Map<Part, number>();

  /** Takes the parts in the order in which they run. */
  constructor(storage: Storage, clock: () => number, parts: Record<Part, AlarmPart>) {
    this.#storage = storage;
    this.#clock = clock;
    this.#parts = new Map(Object.entries(parts) as [Part, AlarmPart][]);
  }

  /** Makes sure that the alarm comes when the part is due, or earlier. */
  async arm(part: Part): Promise<void> {
    const due = this.#due(part);
    if (due !== null) await this.#by(due);
  }

  /**
   * Called when the alarm has come: runs the parts that have work, and sets the alarm for the part that is
   * due next. The platform drops an alarm after its handler has thrown six times, and all parts would be
   * lost with it: an error of a part is therefore logged, and this part runs again after a minute.
   */
  async fired(): Promise<void> {
    this.#at = null;
    const names = [...this.#parts.keys()];
    const busy = names.filter((name) => this.#hasWork(name));
    // An alarm that no part expects, such as one after the clock has stepped back, is for all of them.
    for (const name of busy.length > 0 ? busy : names)
      await this.#try(name, async () => {
        this.#again.delete(name);
        await this.#parts.get(name)?.run();
      });
    let next = Number.POSITIVE_INFINITY;
    for (const name of names)
      await this.#try(name, () => {
        next = Math.min(next, this.#due(name) ?? next);
      });
    for (const again of this.#again.values()) next = Math.min(next, again);
    if (next < Number.POSITIVE_INFINITY) await this.#by(next);
  }

  /** Notes that the alarm was erased together with everything else in storage. */
  erased(): void {
    this.#at = null;
  }

  #due(name: Part): number | null {
    return this.#again.get(name) ?? this.#parts.get(name)?.due(this.#clock()) ?? null;
  }

  #hasWork(name: Part): boolean {
    const now = this.#clock();
    try {
      const isDue = (this.#due(name) ?? Number.POSITIVE_INFINITY) <= now;
      return isDue || (!this.#again.has(name) && this.#parts.get(name)?.hasWork?.(now) === true);
    } catch {
      // The part cannot read its state, so its run fails too, and is tried again.
      return true;
    }
  }

  async #try(name: Part, act: () => void | Promise<void>): Promise<void> {
    try {
      await act();
    } catch (cause) {
      report("alarm_failed", { part: name }, cause);
      this.#again.set(name, this.#clock() + AGAIN_MS);
    }
  }

  /** Makes sure that the alarm comes at this time (ms) or earlier. */
  async #by(at: number): Promise<void> {
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
}
