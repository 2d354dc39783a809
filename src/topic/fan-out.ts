// From a topic to all of its members: from one stored position on, in batches, off the publisher's
// path, until every member has every message. What a crash interrupts, the next waking goes on with;
// the alarm sees to it that there is one.
//
//   publish ──▶ log ──kick──▶ round: position → to ──▶ each member ──has it──▶ in step
//                               ▲                          ├──fails──▶ behind: a row, a later try
//                               └── while position < head  └──nobody──▶ let go

import type { Alarm } from "../log/alarm.ts";
import type { Appended } from "../log/appended.ts";
import type { Batch, BatchEntry, Held } from "../log/batch.ts";
import type { Draft } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import { batchAfter } from "./batch.ts";
import { Deadline, inPool } from "./calls.ts";
import type { TopicOwn } from "./keep.ts";
import type { Behind, Member, Members } from "./members.ts";

/** The alarm that goes on with what a crash interrupted. */
const GUARD_MS = 30_000;
/** The first try after a failure; each further one waits twice as long, up to the last. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 3_600_000;

export interface Parts {
  topic: string;
  log: Log<TopicOwn>;
  members: Members;
  alarm: Alarm;
  deliver(member: string, batch: Batch): Promise<Held>;
  /** Lets go of the way to a member that failed, or that is none any more. */
  forget(member: string): void;
  clock(): number;
  /** Whether anyone may be told, without the cap for it. */
  isPublic(): boolean;
  /** From 0 to 1, for spreading retries. */
  random(): number;
}

/** How far the fan-out of one message is. */
export interface Delivery {
  members: number;
  delivered: number;
  behind: number;
}

/** What one round brings its members: from where, up to where, by when. */
interface Round {
  position: number;
  to: number;
  batchAfter(cursor: number): Batch;
  live: BatchEntry[];
  deadline: Deadline;
}

type Reached = { member: Member; generation: number } & (
  | { is: "reached" | "gone" }
  | { is: "behind"; cursor: number; cause: string }
);

export class FanOut {
  readonly #parts: Parts;
  #running: Promise<void> | null = null;
  #live: BatchEntry[] = [];
  /** Who is not to have a message, by its offset; for as long as this instance lives. */
  #excluded = new Map<number, string>();
  #guardedUntil = 0;
  #isAwake = false;
  /** Whether the position in memory is further than the stored one. */
  #isNoted = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins to deliver what is not delivered, unless it does so already. */
  kick(): void {
    this.#wake(this.#parts.log.at(this.#parts.clock()).head);
    if (this.#running === null && this.#isNeeded()) this.#running = this.#run();
  }

  /** Goes on with what is left and what is due to be tried again; for the alarm. */
  async resume(): Promise<void> {
    this.#guardedUntil = 0;
    this.kick();
    await this.#running;
  }

  /** Takes what was just appended: delivers it, and once what goes to whoever is connected now. */
  committed(drafts: Draft[], { since, outcomes }: Pick<Appended, "since" | "outcomes">): void {
    if (this.#position() === null) return;
    this.#wake(since);
    const time = this.#parts.clock();
    drafts.forEach(({ body, category, ttl, exclude = null }, i) => {
      const outcome = outcomes[i];
      if (outcome?.status !== "stored") return;
      if (ttl === 0)
        this.#live.push({ offset: null, body, time, expires: null, category, exclude });
      else if (exclude !== null && outcome.offset !== null)
        this.#excluded.set(outcome.offset, exclude);
    });
    // A turn later, so that the publisher has its answer before the calls begin.
    setTimeout(() => this.kick(), 0);
  }

  /**
   * Resolves when it is sure that what was published reaches those who follow, whatever happens to
   * this object. Costs an alarm in half a minute at most.
   */
  async guarded(): Promise<void> {
    const { log, members, alarm, clock } = this.#parts;
    const now = clock();
    const position = this.#position();
    if (position === null || position >= log.at(now).head || now < this.#guardedUntil) return;
    if (!members.hasFollowers()) return;
    await alarm.by(now + GUARD_MS);
    this.#guardedUntil = now + GUARD_MS;
  }

  deliveryOf(offset: number): Delivery {
    const { log, members, clock } = this.#parts;
    this.#wake(log.at(clock()).head);
    const position = this.#position() ?? 0;
    let behind = 0;
    for (const member of members.all().values())
      if ((member.behind?.cursor ?? position) < offset) behind += 1;
    return { members: members.size, delivered: members.size - behind, behind };
  }

  async #run(): Promise<void> {
    const { log, members, alarm, clock } = this.#parts;
    try {
      do {
        await this.#round(clock());
        if (this.#isNeeded()) continue;
        this.#excluded.clear();
        // The last position, which no publish has taken along. Who only watches can be told again.
        if (this.#isNoted && members.hasFollowers()) log.change(clock(), () => undefined);
        this.#isNoted = false;
        const retryAt = members.nextRetry();
        if (retryAt !== null) await alarm.by(retryAt);
      } while (this.#isNeeded());
    } catch (cause) {
      this.#log("fan_out_failed", { cause: String(cause) });
      await alarm.by(clock() + RETRY_MS_MIN);
    } finally {
      // In the turn of the last look: what is published after it begins another run.
      this.#running = null;
    }
  }

  /**
   * Who only watches costs no stored position, so after a rest that of memory is gone. They are told
   * what comes from now on: whoever lacks something sees it by the cursor, and asks.
   */
  #wake(head: number): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    const { log, members, clock } = this.#parts;
    if (this.#position() === null || members.hasFollowers()) return;
    log.note(clock(), (own) => {
      own.delivered = Math.max(own.delivered ?? 0, head);
    });
  }

  #position(): number | null {
    const { log, clock } = this.#parts;
    return log.at(clock()).own.delivered;
  }

  #isNeeded(): boolean {
    const { log, members, clock } = this.#parts;
    const now = clock();
    const { own, head } = log.at(now);
    if (own.delivered === null) return false;
    const retryAt = own.delivered < head || this.#live.length > 0 ? now : members.nextRetry();
    return retryAt !== null && retryAt <= now;
  }

  /** One batch for all who are in step, and what they lack for those whose next try is due. */
  async #round(now: number): Promise<void> {
    const { log, members } = this.#parts;
    const position = this.#position() ?? 0;
    const batches = new Map<number, Batch>();
    const common = this.#batchAfter(position, now);
    const live = this.#live.splice(0);
    const isNew = common.to > position || live.length > 0;
    const called = [...members.all().values()].filter(({ behind }) =>
      behind === null ? isNew : behind.retryAt <= now,
    );
    const batchAfter = (cursor: number) => {
      const batch = batches.get(cursor) ?? this.#batchAfter(cursor, now, common.to);
      batches.set(cursor, batch);
      return batch;
    };
    batches.set(position, common);
    const deadline = new Deadline();
    const round: Round = { position, to: common.to, batchAfter, live, deadline };
    const outcomes = await inPool(called, (member) => this.#bring(member, round));
    deadline.end();
    const failed = outcomes.some(({ is }) => is !== "reached");
    const caughtUp = outcomes.some(({ member }) => member.behind !== null);
    if (failed || caughtUp) {
      log.change(now, (next) => {
        for (const outcome of outcomes) this.#settle(outcome, now);
        next.own.delivered = members.size === 0 ? null : common.to;
      });
      this.#isNoted = false;
    } else if (common.to > position) {
      log.note(now, (own) => {
        if (own.delivered !== null) own.delivered = common.to;
      });
      this.#isNoted = true;
    }
  }

  /** Calls a member until it has everything up to `to`. */
  async #bring(member: Member, round: Round): Promise<Reached> {
    const { position, to, batchAfter, live, deadline } = round;
    const { name, generation, behind } = member;
    let cursor = behind?.cursor ?? position;
    let asked = false;
    try {
      for (let toTell = behind === null ? live : []; ; toTell = []) {
        const batch = { ...batchAfter(cursor), live: toTell, generation };
        const held = await deadline.within(this.#parts.deliver(name, batch));
        if (!held.isAnyone) return { is: "gone", member, generation: held.generation };
        const goesBack = held.offset < cursor;
        // It may find once that it lacks more than it was thought to; otherwise it must come on.
        if (
          held.epoch !== batch.epoch ||
          (goesBack ? asked : held.offset === cursor && cursor < to)
        )
          return {
            is: "behind",
            member,
            generation,
            cursor: held.offset,
            cause: "it took nothing",
          };
        asked ||= goesBack;
        cursor = held.offset;
        if (cursor >= to) return { is: "reached", member, generation };
      }
    } catch (cause) {
      return { is: "behind", member, generation, cursor, cause: String(cause) };
    }
  }

  #settle(outcome: Reached, now: number): void {
    const { members, forget } = this.#parts;
    const { member, generation } = outcome;
    if (outcome.is !== "reached") forget(member.name);
    switch (outcome.is) {
      case "gone":
        // One that has joined meanwhile was brought up to date by its joining.
        if (!members.drop(member.name, generation)) members.note(member.name, null);
        return;
      case "reached":
        members.note(member.name, null);
        return;
      case "behind": {
        const attempts = (member.behind?.attempts ?? 0) + 1;
        const { cursor, cause } = outcome;
        members.note(member.name, { cursor, attempts, retryAt: this.#retryAt(attempts, now) });
        this.#log("member_behind", { member: member.name, cursor, attempts, cause });
      }
    }
  }

  #retryAt(attempts: number, now: number): Behind["retryAt"] {
    const ms = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 20));
    return Math.ceil(now + ms / 2 + (this.#parts.random() * ms) / 2);
  }

  #batchAfter(cursor: number, now: number, upTo?: number): Batch {
    const { topic, log, isPublic } = this.#parts;
    const batch = batchAfter(log, cursor, now, this.#excluded, upTo);
    return { topic, isPublic: isPublic(), ...batch, live: [], generation: 0 };
  }

  #log(event: string, line: Record<string, unknown>): void {
    console.error(JSON.stringify({ event, topic: this.#parts.topic, ...line }));
  }
}
