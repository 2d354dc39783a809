// The delivery to members that are behind. It runs beside the rounds, so that members in step do not wait
// for it.

import { retryAt } from "./back-off.ts";
import { CATCHING_UP_MAX } from "./calls.ts";
import { changeOwn } from "./keep.ts";
import type { Member } from "./members.ts";
import type { Parts, Teller } from "./tell.ts";

export class CatchUp {
  readonly #parts: Parts;
  readonly #teller: Teller;
  /** Starts a round of the fan-out, which includes a member that has caught up. */
  readonly #go: () => void;
  readonly #ended: () => Promise<void>;
  /** The time in ms before which no catch-up begins, set after a failure of the topic itself. */
  pausedUntil = 0;
  underWay: Promise<void> | null = null;

  constructor(parts: Parts, teller: Teller, go: () => void, ended: () => Promise<void>) {
    this.#parts = parts;
    this.#teller = teller;
    this.#go = go;
    this.#ended = ended;
  }

  begin(): void {
    if (this.underWay === null && this.due().length > 0) this.underWay = this.#run();
  }

  due(): Member[] {
    const { log, members, clock } = this.#parts;
    const now = clock();
    if (log.at(now).own.delivered === null || now < this.pausedUntil) return [];
    return members
      .behind()
      .filter(({ behind }) => !behind?.isBack && (behind?.retryAt ?? 0) <= now);
  }

  /** Sets the alarm for the earliest retry. */
  async setAlarm(): Promise<void> {
    const { members, alarm } = this.#parts;
    const waiting = members.behind().filter(({ behind }) => !behind?.isBack);
    const retries = waiting.map(({ behind }) => behind?.retryAt ?? 0);
    if (retries.length > 0) await alarm.by(Math.max(Math.min(...retries), this.pausedUntil));
  }

  async failed(cause: unknown): Promise<void> {
    this.#teller.log("fan_out_failed", { cause: String(cause) });
    this.pausedUntil = retryAt(1, this.#parts.clock(), 1);
    await this.#parts.alarm.by(this.pausedUntil);
  }

  async #run(): Promise<void> {
    try {
      do {
        await this.#bringAll(this.due());
        await this.setAlarm();
      } while (this.due().length > 0 && !this.#teller.budget.isSpent);
    } catch (cause) {
      await this.failed(cause);
    } finally {
      // Cleared in the same turn of the event loop as the last check of `due()`: a member that falls due
      // later starts another run.
      this.underWay = null;
    }
    await this.#ended();
  }

  async #bringAll(due: Member[]): Promise<void> {
    const { log, members, clock } = this.#parts;
    const to = log.at(clock()).own.delivered ?? 0;
    const task = { position: to, to, live: [], isPatient: true, atOnce: CATCHING_UP_MAX };
    const answers = await this.#teller.tell(due, task, ({ member, brought }) => {
      // The next round includes the member, and delivers the messages that have been published since.
      if (brought.is === "reached") members.isBack(member.name, to);
      else if (brought.is !== "waiting")
        changeOwn(log, clock(), (own) => {
          this.#teller.settle({ member, brought });
          if (members.size === 0) own.delivered = null;
        });
      this.#go();
    });
    this.#teller.report(answers);
  }
}
