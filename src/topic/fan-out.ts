// From a topic to all of its members: from one stored position on, in batches, off the publisher's
// path, until every member has every message. What a crash interrupts, the next waking goes on with;
// the alarm sees to it that there is one.
//
//   publish ──▶ log ──kick──▶ round: position → to ──▶ each member ──has it──▶ in step
//                               ▲                          ├──fails──▶ behind: a row, caught up apart
//                               └── while position < head  └──nobody──▶ let go

import type { Alarm } from "../log/alarm.ts";
import type { Batch, BatchEntry, Held } from "../log/batch.ts";
import type { Draft, Outcome } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import { retryAt } from "./back-off.ts";
import { batchAfter } from "./batch.ts";
import { type Brought, bring } from "./bring.ts";
import * as calls from "./calls.ts";
import { Guard } from "./guard.ts";
import type { TopicOwn } from "./keep.ts";
import type { Delivery, Member, Members } from "./members.ts";

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

export class FanOut {
  readonly #parts: Parts;
  #running: Promise<void> | null = null;
  #catchingUp: Promise<void> | null = null;
  #live: BatchEntry[] = [];
  /** Who is not to have a message, by its offset; for as long as this instance lives. */
  #excluded = new Map<number, string>();
  readonly #guard: Guard;
  #isAwake = false;
  /** Whether the position in memory is further than the stored one. */
  #isNoted = false;
  /** Who is to be asked whether anyone is there, and when that was done last. */
  #probed: Member[] = [];
  #probedAt = 0;
  /** After a failure of the topic's own nobody is caught up before, in ms. */
  #pausedUntil = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#guard = new Guard(parts.alarm);
  }

  /** Begins to deliver what is not delivered, and to try again what is due; unless it does already. */
  kick(): void {
    this.wake();
    if (this.#running === null && this.#isNeeded()) this.#running = this.#run();
    if (this.#catchingUp === null && this.#due().length > 0) this.#catchingUp = this.#catchUp();
  }

  /**
   * Before anything is appended, since the position says what may be given up. Who only watches costs
   * no stored position, so after a rest that of memory is gone. They are told what comes from now on:
   * whoever lacks something sees it by the cursor, and asks.
   */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    const { log, members, clock } = this.#parts;
    if (this.#position() === null || members.hasFollowers()) return;
    const { head } = log.at(clock());
    log.note(clock(), (own) => {
      own.delivered = Math.max(own.delivered ?? 0, head);
    });
  }

  /** Goes on with what is left and what is due to be tried again; for the alarm. */
  async resume(): Promise<void> {
    this.#guard.rang();
    this.kick();
    await calls.atMost(calls.RESUME_MS_MAX, this.#settled());
    const { clock } = this.#parts;
    // An alarm must end: what still goes on is looked after by the next one.
    if (this.#running !== null || this.#catchingUp !== null) await this.#guard.set(clock());
    await this.#setAlarm();
  }

  /** Takes what was just appended: delivers it, and once what goes to whoever is connected now. */
  committed(drafts: Draft[], outcomes: Outcome[]): void {
    if (this.#position() === null) return;
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

  /** Resolves when it is sure that what was published reaches those who follow, whatever happens. */
  async guarded(): Promise<void> {
    const { log, members, clock } = this.#parts;
    const position = this.#position();
    if (position === null || position >= log.at(clock()).head) return;
    if (members.hasFollowers()) await this.#guard.set(clock());
  }

  /** Asks some of those who only watch whether anyone is there: a closed socket leaves without a word. */
  probe(): void {
    const { members, clock, random } = this.#parts;
    if (clock() - this.#probedAt < calls.PROBE_MS_MIN) return;
    this.#probedAt = clock();
    const watching = [...members.all().values()].filter(({ follows }) => !follows);
    const start = Math.floor(random() * Math.max(1, watching.length - calls.PROBED_MAX));
    this.#probed = watching.slice(start, start + calls.PROBED_MAX);
    this.kick();
  }

  deliveryOf(offset: number): Delivery {
    this.wake();
    return this.#parts.members.deliveryOf(offset, this.#position() ?? 0);
  }

  async #settled(): Promise<void> {
    while (this.#running !== null || this.#catchingUp !== null)
      await Promise.all([this.#running, this.#catchingUp]);
  }

  async #run(): Promise<void> {
    const { log, members, clock } = this.#parts;
    try {
      do {
        await this.#round(clock());
        if (this.#isNeeded()) continue;
        this.#excluded.clear();
        // The last position, which no publish has taken along. Who only watches can be told again.
        if (this.#isNoted && members.hasFollowers()) log.change(clock(), () => undefined);
        this.#isNoted = false;
        await this.#setAlarm();
      } while (this.#isNeeded());
    } catch (cause) {
      await this.#failed(cause);
    } finally {
      // In the turn of the last look: what is published after it begins another run.
      this.#running = null;
    }
  }

  /** One batch for all who are in step, and for those who have just caught up. */
  async #round(now: number): Promise<void> {
    const { log, members } = this.#parts;
    const position = this.#position() ?? 0;
    const common = this.#batchAfter(position, now);
    const { to } = common;
    const live = this.#live.splice(0);
    const isNew = to > position || live.length > 0;
    const probed = new Set(this.#probed.splice(0));
    const called = [...members.all().values()].filter((member) =>
      member.behind === null ? isNew || probed.has(member) : member.behind.isBack,
    );
    const outcomes = await calls.inPool(called, calls.CALLS_MAX, async (member, within) => {
      const { behind } = member;
      const brought = await bring(member, {
        cursor: behind?.cursor ?? position,
        to,
        batchAfter: (cursor) => (cursor === position ? common : this.#batchAfter(cursor, now, to)),
        live: behind === null ? live : [],
        isPatient: false,
        deliver: (name, batch) => within(this.#parts.deliver(name, batch)),
      });
      return { member, brought };
    });
    const isQuiet = outcomes.every(
      ({ member, brought }) => brought.is === "reached" && member.behind === null,
    );
    if (isQuiet && to > position)
      log.note(now, (own) => {
        if (own.delivered !== null) own.delivered = to;
      });
    if (!isQuiet)
      log.change(now, (next) => {
        for (const { member, brought } of outcomes) this.#settle(member, brought);
        next.own.delivered = members.size === 0 ? null : to;
      });
    this.#isNoted = isQuiet && (this.#isNoted || to > position);
    this.kick();
  }

  /** Those who are behind, apart from the rounds, so that nobody else waits for them. */
  async #catchUp(): Promise<void> {
    try {
      do {
        await this.#bringAll(this.#due());
        await this.#setAlarm();
      } while (this.#due().length > 0);
    } catch (cause) {
      await this.#failed(cause);
    } finally {
      // In the turn of the last look, as above.
      this.#catchingUp = null;
    }
  }

  async #bringAll(due: Member[]): Promise<void> {
    const { log, members, clock } = this.#parts;
    const to = this.#position() ?? 0;
    await calls.inPool(due, calls.CATCHING_UP_MAX, async (member, within) => {
      const brought = await bring(member, {
        cursor: member.behind?.cursor ?? to,
        to,
        batchAfter: (cursor) => this.#batchAfter(cursor, clock(), to),
        live: [],
        isPatient: true,
        deliver: (name, batch) => within(this.#parts.deliver(name, batch)),
      });
      // The next round takes it along, and with it whatever was delivered meanwhile.
      if (brought.is === "reached") members.isBack(member.name, to);
      else
        log.change(clock(), (next) => {
          this.#settle(member, brought);
          if (members.size === 0) next.own.delivered = null;
        });
      this.kick();
    });
  }

  #settle(member: Member, brought: Brought): void {
    const { members, forget, clock, random } = this.#parts;
    const { name } = member;
    if (brought.is !== "reached") forget(name);
    // One that has joined meanwhile was brought up to date by its joining.
    const isBack = brought.is === "gone" && !members.drop(name, brought.generation);
    if (brought.is === "reached" || isBack) members.note(name, null);
    if (brought.is === "lacking")
      members.note(name, { cursor: brought.cursor, attempts: 0, retryAt: clock() });
    if (brought.is !== "behind") return;
    const { cursor, cause } = brought;
    const attempts = (member.behind?.attempts ?? 0) + 1;
    members.note(name, { cursor, attempts, retryAt: retryAt(attempts, clock(), random()) });
    this.#log("member_behind", { member: name, cursor, attempts, cause });
  }

  #position(): number | null {
    const { log, clock } = this.#parts;
    return log.at(clock()).own.delivered;
  }

  #isNeeded(): boolean {
    const { log, members, clock } = this.#parts;
    const { own, head } = log.at(clock());
    if (own.delivered === null) return false;
    if (own.delivered < head || this.#live.length > 0 || this.#probed.length > 0) return true;
    return members.behind().some(({ behind }) => behind?.isBack);
  }

  #due(): Member[] {
    const { members, clock } = this.#parts;
    const now = clock();
    if (this.#position() === null || now < this.#pausedUntil) return [];
    return members
      .behind()
      .filter(({ behind }) => !behind?.isBack && (behind?.retryAt ?? 0) <= now);
  }

  /** The alarm for the first of those who are to be tried again. */
  async #setAlarm(): Promise<void> {
    const { members, alarm } = this.#parts;
    const waiting = members.behind().filter(({ behind }) => !behind?.isBack);
    const retries = waiting.map(({ behind }) => behind?.retryAt ?? 0);
    if (retries.length > 0) await alarm.by(Math.max(Math.min(...retries), this.#pausedUntil));
  }

  async #failed(cause: unknown): Promise<void> {
    this.#log("fan_out_failed", { cause: String(cause) });
    this.#pausedUntil = retryAt(1, this.#parts.clock(), 1);
    await this.#parts.alarm.by(this.#pausedUntil);
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
