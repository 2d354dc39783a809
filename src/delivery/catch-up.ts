// The delivery to members that are behind. It runs beside the rounds, so that members in step do not wait
// for it.

import { retryAt } from "./back-off.ts";
import type { FanOutDeps, MemberCalls } from "./member-calls.ts";
import type { Member } from "./members.ts";
import { CATCHING_UP_MAX } from "./pool.ts";
import { changePosition, type Delivering } from "./position.ts";

export class CatchUp<Meta extends Delivering> {
  readonly #deps: FanOutDeps<Meta>;
  readonly #calls: MemberCalls<Meta>;
  /** Starts a round of the fan-out, which includes a member that has caught up. */
  readonly #go: () => void;
  readonly #ended: () => Promise<void>;
  /** The time in ms before which no catch-up begins, set after a failure of the object itself. */
  pausedUntil = 0;
  underWay: Promise<void> | null = null;

  constructor(
    deps: FanOutDeps<Meta>,
    calls: MemberCalls<Meta>,
    go: () => void,
    ended: () => Promise<void>,
  ) {
    this.#deps = deps;
    this.#calls = calls;
    this.#go = go;
    this.#ended = ended;
  }

  begin(): void {
    if (this.underWay === null && this.dueMembers().length > 0) this.underWay = this.#run();
  }

  dueMembers(): Member[] {
    const { log, members, clock } = this.#deps;
    const now = clock();
    if (log.at(now).meta.delivered === null || now < this.pausedUntil) return [];
    return members
      .behind()
      .filter(({ behind }) => !behind?.isBack && (behind?.retryAt ?? 0) <= now);
  }

  /** Returns the times of the retries that have not begun, in ms. */
  retryTimes(now: number): number[] {
    const times = this.#deps.members
      .behind()
      .filter(({ behind }) => !behind?.isBack)
      .map(({ behind }) => behind?.retryAt ?? 0);
    return this.underWay === null ? times : times.filter((time) => time > now);
  }

  async failed(cause: unknown): Promise<void> {
    this.#calls.log("fan_out_failed", { cause: String(cause) });
    this.pausedUntil = retryAt(1, this.#deps.clock(), 1);
    await this.#deps.arm();
  }

  async #run(): Promise<void> {
    try {
      do {
        await this.#catchUpAll(this.dueMembers());
        await this.#deps.arm();
      } while (this.dueMembers().length > 0 && !this.#calls.budget.isSpent);
    } catch (cause) {
      await this.failed(cause);
    } finally {
      // Cleared in the same turn of the event loop as the last check of the due members: one that falls due
      // later starts another run.
      this.underWay = null;
    }
    await this.#ended();
  }

  async #catchUpAll(due: Member[]): Promise<void> {
    const { log, members, clock } = this.#deps;
    const to = log.at(clock()).meta.delivered ?? 0;
    const task = { position: to, to, live: [], isPatient: true, atOnce: CATCHING_UP_MAX };
    const answers = await this.#calls.callAll(due, task, ({ member, advanced }) => {
      // The next round includes the member, and delivers the messages that have been published since.
      if (advanced.is === "reached") members.isBack(member.name, to);
      else if (advanced.is !== "waiting")
        changePosition(log, clock(), (meta) => {
          this.#calls.settle({ member, advanced });
          if (members.size === 0) meta.delivered = null;
        });
      this.#go();
    });
    this.#calls.report(answers);
  }
}
