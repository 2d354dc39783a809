// Brings up the members that are behind, apart from the rounds, so that nobody else waits for them.

import { retryAt } from "./back-off.ts";
import { CATCHING_UP_MAX } from "./calls.ts";
import { changeOwn } from "./keep.ts";
import type { Member } from "./members.ts";
import type { Parts, Teller } from "./tell.ts";

export class CatchUp {
  readonly #parts: Parts;
  readonly #teller: Teller;
  /** Lets the rounds take along a member that is back. */
  readonly #go: () => void;
  readonly #ended: () => Promise<void>;
  /** After a failure of the topic's own nobody is caught up before, in ms. */
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

  /** The alarm for the first of those that are to be tried again. */
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
      // In the turn of the last look: a member that falls due after it begins another run.
      this.underWay = null;
    }
    await this.#ended();
  }

  async #bringAll(due: Member[]): Promise<void> {
    const { log, members, clock } = this.#parts;
    const to = log.at(clock()).own.delivered ?? 0;
    const task = { position: to, to, live: [], isPatient: true, atOnce: CATCHING_UP_MAX };
    const answers = await this.#teller.tell(due, task, ({ member, brought }) => {
      // The next round takes it along, and with it whatever was delivered meanwhile.
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
