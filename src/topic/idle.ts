// The end of a topic that nobody uses. Followers stay, but members that only watch are asked whether they
// still do: a topic is not notified when a socket of a member closes. A topic without members and messages
// is erased.

import type { FanOut } from "../delivery/fan-out.ts";
import type { Members } from "../delivery/members.ts";
import type { AlarmPart } from "../live/alarm.ts";
import type { Log } from "../log/log.ts";
import { DAY_MS } from "../protocol/limits.ts";
import type { TopicMeta } from "./log-policy.ts";

export interface IdleDeps {
  log: Log<TopicMeta>;
  members: Members;
  fanOut: FanOut<TopicMeta>;
  /** Sets the alarm for the time at which the check is due. */
  arm(): Promise<void>;
  /** Called when the alarm has been erased together with everything else. */
  alarmErased(): void;
  clock(): number;
}

export class Idle implements AlarmPart {
  readonly #deps: IdleDeps;
  /** Whether members are left that the last event had no calls for. */
  #hasMore = false;
  /** Whether nobody is left to ask. */
  #isOver = false;

  constructor(deps: IdleDeps) {
    this.#deps = deps;
  }

  /** The members are asked when the log is swept, or after a day where there is no message. */
  due(now: number): number | null {
    if (this.#isOver || this.#deps.members.hasFollowers()) return null;
    return this.#hasMore ? now : (this.#deps.log.at(now).alarm ?? now + DAY_MS);
  }

  hasWork(now: number): boolean {
    const { log, members } = this.#deps;
    return log.at(now).alarm === null && !members.hasFollowers();
  }

  async run(): Promise<void> {
    this.#hasMore = !(await this.#deps.fanOut.checkAll());
    await this.eraseUnused();
  }

  /** Called when a member has joined that only watches, or when one has left. */
  async begin(): Promise<void> {
    this.#isOver = false;
    const { log, members, arm, clock } = this.#deps;
    if (log.at(clock()).alarm === null && !members.hasFollowers()) await arm();
  }

  /** Erases a topic that has neither members nor messages. */
  async eraseUnused(): Promise<void> {
    const { log, members, alarmErased } = this.#deps;
    if (members.size > 0) return;
    this.#isOver = true;
    if (log.store.exists()) return;
    const erased = log.erase();
    // Noted in the turn in which the erasure begins: a call that arrives later sets its own alarm.
    alarmErased();
    await erased;
  }
}
