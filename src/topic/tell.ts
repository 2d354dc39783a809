// Calls to members with the messages they lack, and the records of their answers.

import type { Alarm } from "../log/alarm.ts";
import type { Log } from "../log/log.ts";
import type { Batch, Held, LiveEntry } from "../objects/member.ts";
import { retryAt } from "./back-off.ts";
import { batchAfter } from "./batch.ts";
import { type Brought, bring } from "./bring.ts";
import { Budget } from "./budget.ts";
import { inPool } from "./calls.ts";
import type { TopicOwn } from "./keep.ts";
import type { Member, Members } from "./members.ts";

export interface Parts {
  topic: string;
  log: Log<TopicOwn>;
  members: Members;
  alarm: Alarm;
  deliver(member: string, batch: Batch): Promise<Held>;
  /** Drops the cached stub of a member that failed or left. */
  forget(member: string): void;
  clock(): number;
  /** Whether everyone may read the topic, without the cap for it. */
  isPublic(): boolean;
  /** Returns a number from 0 to 1 that spreads retries. */
  random(): number;
}

export interface Answer {
  member: Member;
  brought: Brought;
}

export interface Task {
  /** The offset that members in step have at least, and the offset to bring all of them to. */
  position: number;
  to: number;
  live: LiveEntry[];
  isPatient: boolean;
  atOnce: number;
  /** The batch after `position`, if it has been read already. */
  common?: Batch;
}

/** The most names, and the most causes, in one log line. */
const SAMPLE_MAX = 5;

export class Teller {
  readonly budget = new Budget();
  /** By offset, the connection that must not receive the message; in memory only. */
  readonly excluded = new Map<number, string>();
  readonly #parts: Parts;
  readonly #instance = crypto.randomUUID();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Calls members, `atOnce` at a time, while the event has calls left. Returns the answers in order.
   */
  async tell(
    called: Member[],
    task: Task,
    answered: (answer: Answer) => void = () => undefined,
  ): Promise<Answer[]> {
    const { position, to, live, isPatient, atOnce } = task;
    const batches = new Map<number, Batch>();
    if (task.common !== undefined) batches.set(position, task.common);
    const after = (cursor: number) => {
      const known = batches.get(cursor) ?? this.batchAfter(cursor, to);
      // Members in step share a batch. A batch of the catch-up is used only once, so it is not kept.
      if (!isPatient) batches.set(cursor, known);
      return known;
    };
    return inPool(called, atOnce, async (member, within) => {
      const { behind, told, heard } = member;
      const isLate = behind !== null;
      const brought = await bring(member, {
        cursor: behind?.cursor ?? Math.max(position, Math.min(told, to)),
        to,
        batchAfter: after,
        live: isLate ? [] : live.filter(({ turn = 0 }) => turn > heard),
        isPatient,
        mayCall: () => this.budget.take(),
        deliver: (name, batch) => within(this.#parts.deliver(name, batch)),
      });
      if (brought.is === "reached") {
        member.told = Math.max(member.told, to);
        member.heard = Math.max(member.heard, live.at(-1)?.turn ?? 0);
        member.isLive = brought.hasSockets ?? !member.follows;
      }
      answered({ member, brought });
      return { member, brought };
    });
  }

  /** Writes one log line for all members that failed. */
  report(answers: Answer[]): void {
    const failed = answers.filter(({ brought }) => brought.is === "behind");
    if (failed.length === 0) return;
    const causes = failed.map(({ brought }) => (brought.is === "behind" ? brought.cause : ""));
    this.log("members_behind", {
      count: failed.length,
      sample: failed.slice(0, SAMPLE_MAX).map(({ member }) => member.name),
      causes: [...new Set(causes)].slice(0, SAMPLE_MAX),
    });
  }

  batchAfter(cursor: number, upTo?: number): Batch {
    const { topic, log, isPublic, clock } = this.#parts;
    const batch = batchAfter(log, cursor, clock(), this.excluded, upTo);
    const instance = this.#instance;
    return { topic, isPublic: isPublic(), ...batch, live: [], instance, generation: 0 };
  }

  log(event: string, line: Record<string, unknown>): void {
    console.error(JSON.stringify({ event, topic: this.#parts.topic, ...line }));
  }

  /** Records the effect of an answer, within a write of the caller. */
  settle({ member, brought }: Answer): void {
    if (brought.is === "waiting") return;
    const { members, forget, clock, random } = this.#parts;
    const { name } = member;
    if (brought.is !== "reached") forget(name);
    // If the member has joined again since the call, that joining brought it up to date.
    const isBack = brought.is === "gone" && !members.drop(name, brought.generation);
    if (brought.is === "reached" || isBack) members.note(name, null);
    if (brought.is === "lacking")
      members.note(name, { cursor: brought.cursor, attempts: 0, retryAt: clock() });
    if (brought.is !== "behind") return;
    const { cursor } = brought;
    const attempts = (member.behind?.attempts ?? 0) + 1;
    members.note(name, { cursor, attempts, retryAt: retryAt(attempts, clock(), random()) });
  }
}
