// Calls to members with the messages they lack, and the records of their answers.

import type { Log } from "../log/log.ts";
import type { DeliverReply, LiveEntry, LogBatch } from "../objects/member.ts";
import { report } from "../protocol/report.ts";
import { type Advanced, advanceMember } from "./advance-member.ts";
import { retryAt } from "./back-off.ts";
import { batchAfter } from "./batch.ts";
import { CallBudget } from "./call-budget.ts";
import type { Member, Members } from "./members.ts";
import { inPool } from "./pool.ts";
import type { Delivering } from "./position.ts";

export interface FanOutDeps<Meta extends Delivering> {
  /** Names the log in log lines, such as `{ topic: "news" }`. */
  label: Record<string, string>;
  log: Log<Meta>;
  members: Members;
  /** Sets the alarm for the time at which the fan-out is due. */
  arm(): Promise<void>;
  deliver(member: string, batch: LogBatch): Promise<DeliverReply>;
  /** Drops the cached stub of a member that failed or left. */
  forget(member: string): void;
  clock(): number;
  /** Returns a number from 0 to 1 that spreads retries. */
  random(): number;
}

export interface Answer {
  member: Member;
  advanced: Advanced;
}

export interface Task {
  /** The offset that members in step have at least, and the offset to bring all of them to. */
  position: number;
  to: number;
  live: LiveEntry[];
  isPatient: boolean;
  atOnce: number;
  /** The batch after `position`, if it has been read already. */
  common?: LogBatch;
}

/** The most names, and the most causes, in one log line. */
const SAMPLE_MAX = 5;

export class MemberCalls<Meta extends Delivering> {
  readonly budget = new CallBudget();
  /** By offset, the connection that must not receive the message; in memory only. */
  readonly excluded = new Map<number, string>();
  readonly #deps: FanOutDeps<Meta>;
  readonly #instance = crypto.randomUUID();

  constructor(deps: FanOutDeps<Meta>) {
    this.#deps = deps;
  }

  /**
   * Calls members, `atOnce` at a time, while the event has calls left. Returns the answers in order.
   */
  async callAll(
    called: Member[],
    task: Task,
    answered: (answer: Answer) => void = () => undefined,
  ): Promise<Answer[]> {
    const { position, to, live, isPatient, atOnce } = task;
    const batches = new Map<number, LogBatch>();
    if (task.common !== undefined) batches.set(position, task.common);
    const after = (cursor: number) => {
      const known = batches.get(cursor) ?? this.batchAfter(cursor, to);
      // Members in step share a batch. A batch of the catch-up is used only once, so it is not kept.
      if (!isPatient) batches.set(cursor, known);
      return known;
    };
    return inPool(called, atOnce, async (member, within) => {
      const { behind, sentUpTo, sentTurn } = member;
      const isLate = behind !== null;
      const advanced = await advanceMember(member, {
        cursor: behind?.cursor ?? Math.max(position, Math.min(sentUpTo, to)),
        to,
        batchAfter: after,
        live: isLate ? [] : live.filter(({ turn = 0 }) => turn > sentTurn),
        isPatient,
        mayCall: () => this.budget.take(),
        deliver: (name, batch) => within(this.#deps.deliver(name, batch)),
      });
      if (advanced.is === "reached") {
        member.sentUpTo = Math.max(member.sentUpTo, to);
        member.sentTurn = Math.max(member.sentTurn, live.at(-1)?.turn ?? 0);
        member.isLive = advanced.hasSockets ?? !member.follows;
      }
      answered({ member, advanced });
      return { member, advanced };
    });
  }

  /** Writes one log line for all members that failed. */
  report(answers: Answer[]): void {
    const failed = answers.filter(({ advanced }) => advanced.is === "behind");
    if (failed.length === 0) return;
    const causes = failed.map(({ advanced }) => (advanced.is === "behind" ? advanced.cause : ""));
    this.log("members_behind", {
      count: failed.length,
      sample: failed.slice(0, SAMPLE_MAX).map(({ member }) => member.name),
      causes: [...new Set(causes)].slice(0, SAMPLE_MAX),
    });
  }

  batchAfter(cursor: number, upTo?: number): LogBatch {
    const { log, clock } = this.#deps;
    const batch = batchAfter(log, cursor, clock(), this.excluded, upTo);
    return { ...batch, live: [], instance: this.#instance, generation: 0 };
  }

  log(event: string, line: Record<string, unknown>): void {
    report(event, { ...this.#deps.label, ...line });
  }

  /** Records the effect of an answer, within a write of the caller. */
  settle({ member, advanced }: Answer): void {
    if (advanced.is === "waiting") return;
    const { members, forget, clock, random } = this.#deps;
    const { name } = member;
    if (advanced.is !== "reached") forget(name);
    // If the member has joined again since the call, that joining brought it up to date.
    const isBack = advanced.is === "gone" && !members.drop(name, advanced.generation);
    if (advanced.is === "reached" || isBack) members.setBehind(name, null);
    if (advanced.is === "rewound")
      members.setBehind(name, { cursor: advanced.cursor, attempts: 0, retryAt: clock() });
    if (advanced.is !== "behind") return;
    const { cursor } = advanced;
    const attempts = (member.behind?.attempts ?? 0) + 1;
    members.setBehind(name, { cursor, attempts, retryAt: retryAt(attempts, clock(), random()) });
  }
}
