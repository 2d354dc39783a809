// Delivery from a topic to all of its members, off the publisher's path: in batches, from one stored
// position on, until every member has every message. After a crash, or when an event has no calls left,
// the next event continues; the alarm makes sure that there is one.
//
//   publish ──▶ log ──kick──▶ round: position → to ──▶ each member ──has it──▶ in step
//                 │             ▲                          ├──fails──▶ behind: a row, left to the catch-up
//                 │             └── while position < head  └──nobody──▶ removed
//                 └─────────▶ ahead: members with a device, up to the head

import type { Draft, Outcome } from "../log/entry.ts";
import type { Batch, LiveEntry } from "../objects/member.ts";
import type { Delivery } from "../objects/topic-rpc.ts";
import * as calls from "./calls.ts";
import { CatchUp } from "./catch-up.ts";
import { Guard } from "./guard.ts";
import { changeOwn, type TopicOwn } from "./keep.ts";
import { byName, type Member } from "./members.ts";
import { Probe } from "./probe.ts";
import { type Answer, type Parts, type Task, Teller } from "./tell.ts";

export class FanOut {
  readonly #parts: Parts;
  readonly #teller: Teller;
  #running: Promise<void> | null = null;
  #ahead: Promise<void> | null = null;
  readonly #catchUp: CatchUp;
  #live: LiveEntry[] = [];
  readonly #guard: Guard;
  #isAwake = false;
  /** Whether the position in memory is ahead of the stored one. */
  #isNoted = false;
  readonly #probe: Probe;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#teller = new Teller(parts);
    this.#catchUp = new CatchUp(
      parts,
      this.#teller,
      () => this.#go(),
      () => this.#goOnByAlarm(),
    );
    this.#guard = new Guard(parts.alarm);
    this.#probe = new Probe(parts);
  }

  /** Called in an event: starts the deliveries and the retries that are due. */
  kick(): void {
    this.wake();
    this.#go();
  }

  /**
   * Called in an event before it appends, since the position decides which rows may be overwritten. No
   * position is stored for members that only watch. When the object has left memory, theirs is set to the
   * head: they see by the cursor of the next message that they lack some, and ask for them.
   */
  wake(): void {
    this.#teller.budget.renew();
    if (this.#isAwake) return;
    this.#isAwake = true;
    const { log, members, clock } = this.#parts;
    const position = this.#position();
    const round = this.#waiting();
    if (round !== undefined) members.wereTold(round.after, round.to);
    if (position !== null && members.hasFollowers()) return;
    const { head } = log.at(clock());
    log.note(clock(), (own) => {
      own.delivered = members.size === 0 ? null : Math.max(position ?? 0, head);
    });
  }

  #go(): void {
    if (this.#teller.budget.isSpent) return;
    if (this.#ahead === null && this.#eager().length > 0) this.#ahead = this.#goAhead();
    if (this.#running === null && this.#isNeeded()) this.#running = this.#run();
    this.#catchUp.begin();
  }

  /** Called by the alarm: continues unfinished deliveries and starts the retries that are due. */
  async resume(): Promise<void> {
    this.#guard.rang();
    this.kick();
    await calls.atMost(calls.RESUME_MS_MAX, this.#settled());
    const { clock } = this.#parts;
    // An alarm must end, so the next one watches over deliveries that still run.
    if (this.#running !== null || this.#catchUp.underWay !== null) await this.#guard.set(clock());
    await this.#catchUp.setAlarm();
  }

  /**
   * Takes the drafts of a publish and their outcomes, and starts the delivery. A message with ttl 0 is
   * sent once, to the devices that are connected now.
   */
  committed(drafts: Draft[], outcomes: Outcome[]): void {
    if (this.#position() === null) return;
    const { members, clock } = this.#parts;
    const time = clock();
    drafts.forEach(({ body, category, ttl, exclude = null }, i) => {
      const outcome = outcomes[i];
      if (outcome?.status !== "stored") return;
      if (ttl === 0) {
        members.said += 1;
        const entry = { offset: null, body, time, expires: null, category, exclude };
        this.#live.push({ ...entry, turn: members.said });
      } else if (exclude !== null && outcome.offset !== null)
        this.#teller.excluded.set(outcome.offset, exclude);
    });
    // In a later turn, so that the publisher has its answer before the calls begin.
    setTimeout(() => this.#go(), 0);
  }

  /** Sets an alarm while followers lack messages: they receive them even after a crash. */
  async guarded(): Promise<void> {
    const { log, members, clock } = this.#parts;
    const position = this.#position();
    if (position === null || position >= log.at(clock()).head) return;
    if (members.hasFollowers()) await this.#guard.set(clock());
  }

  /** Asks some of the members that only watch whether anyone still does. */
  probe(): void {
    if (this.#probe.chooseSome()) this.kick();
  }

  /**
   * Asks the members that only watch whether anyone still does, as many as the calls of an event allow,
   * and waits for the answers. Returns whether all members were asked; if not, the next call continues
   * with the rest.
   */
  async probeAll(): Promise<boolean> {
    const isLast = this.#probe.chooseNext();
    this.#go();
    await calls.atMost(calls.RESUME_MS_MAX, this.#settled());
    return isLast;
  }

  deliveryOf(offset: number): Delivery {
    this.wake();
    return this.#parts.members.deliveryOf(offset, this.#position() ?? 0);
  }

  async #settled(): Promise<void> {
    while (this.#running !== null || this.#catchUp.underWay !== null)
      await Promise.all([this.#running, this.#catchUp.underWay]);
  }

  /** Members with a device come first, so that they do not wait for thousands without one. */
  async #goAhead(): Promise<void> {
    const { log, members, clock } = this.#parts;
    try {
      const { head } = log.at(clock());
      const answers = await this.#tell(this.#eager(), this.#position() ?? 0, head, [...this.#live]);
      // The round handles all other answers.
      const gone = answers.filter(({ brought }) => brought.is === "gone");
      for (const { member, brought } of answers)
        if (brought.is !== "reached" && brought.is !== "waiting") member.isLive = false;
      if (gone.length > 0)
        changeOwn(log, clock(), (own) => {
          for (const answer of gone) this.#teller.settle(answer);
          if (members.size === 0) own.delivered = null;
        });
    } catch (cause) {
      await this.#catchUp.failed(cause);
    } finally {
      this.#ahead = null;
    }
    this.#go();
  }

  #tell(
    called: Member[],
    position: number,
    to: number,
    live: LiveEntry[],
    common?: Batch,
  ): Promise<Answer[]> {
    const task: Task = { position, to, live, isPatient: false, atOnce: calls.CALLS_MAX };
    if (common !== undefined) task.common = common;
    return this.#teller.tell(called, task);
  }

  async #run(): Promise<void> {
    const { log, members, clock } = this.#parts;
    try {
      do {
        await this.#round(clock());
        if (this.#hasWork()) continue;
        this.#teller.excluded.clear();
        // Stores the last position, which no publish has stored. Members that only watch need none.
        if (this.#isNoted && members.hasFollowers()) log.change(clock(), () => undefined);
        this.#isNoted = false;
        await this.#catchUp.setAlarm();
      } while (this.#isNeeded());
    } catch (cause) {
      await this.#catchUp.failed(cause);
    } finally {
      // Cleared in the turn of the last check: a later publish starts another run.
      this.#running = null;
    }
    await this.#goOnByAlarm();
  }

  /** Sends one batch to all members in step and to those that have just caught up. */
  async #round(now: number): Promise<void> {
    const { log, members } = this.#parts;
    const position = this.#position() ?? 0;
    const waiting = this.#waiting();
    const common = this.#teller.batchAfter(position, waiting?.to);
    const { to } = common;
    const live = [...this.#live];
    const turn = live.at(-1)?.turn ?? 0;
    const probed = this.#probe.take();
    const lacking = () =>
      [...members.all().values()].filter(({ behind, told, heard }) =>
        behind === null ? (to > position && told < to) || heard < turn : behind.isBack,
      );
    const sleeping = lacking()
      .filter(({ behind, isLive }) => behind !== null || !isLive)
      .sort(byName);
    const answers = await this.#tell(sleeping, position, to, live, common);
    await this.#ahead;
    const called = new Set(answers.map(({ member }) => member));
    const asked = members.inStep().filter((member) => probed.has(member));
    const left = new Set([...lacking(), ...asked].filter((member) => !called.has(member)));
    answers.push(...(await this.#tell([...left], position, to, live, common)));
    const isWhole = answers.every(({ brought }) => brought.is !== "waiting");
    const isQuiet = answers.every(
      ({ member, brought }) => brought.is === "reached" && member.behind === null,
    );
    if (isQuiet && to > position)
      log.note(now, (own) => {
        if (own.delivered !== null) own.delivered = to;
        delete own.round;
      });
    if (!isQuiet)
      changeOwn(log, now, (own) => {
        for (const answer of answers) this.#teller.settle(answer);
        delete own.round;
        if (!isWhole && to > position) own.round = { to, after: members.toldUpTo(to) };
        if (members.size === 0) own.delivered = null;
        else if (isWhole) own.delivered = to;
      });
    this.#teller.report(answers);
    this.#isNoted = isQuiet && (this.#isNoted || to > position);
    if (isWhole) this.#live = this.#live.filter((entry) => (entry.turn ?? 0) > turn);
    this.#go();
  }

  #position(): number | null {
    const { log, clock } = this.#parts;
    return log.at(clock()).own.delivered;
  }

  /** Returns the unfinished round of an earlier event, if its `to` is above the position. */
  #waiting(): TopicOwn["round"] {
    const { delivered, round } = this.#parts.log.at(this.#parts.clock()).own;
    return round !== undefined && round.to > (delivered ?? round.to) ? round : undefined;
  }

  #isNeeded(): boolean {
    return !this.#teller.budget.isSpent && this.#hasWork();
  }

  #hasWork(): boolean {
    const { log, members, clock } = this.#parts;
    const { own, head } = log.at(clock());
    if (own.delivered === null) return false;
    if (own.delivered < head || this.#live.length > 0 || this.#probe.isDue) return true;
    return members.behind().some(({ behind }) => behind?.isBack);
  }

  /** Returns members in step that have a connected device and lack messages. */
  #eager(): Member[] {
    const { log, members, clock } = this.#parts;
    const { own, head } = log.at(clock());
    const position = own.delivered;
    const turn = this.#live.at(-1)?.turn ?? 0;
    if (position === null || (position === head && turn === 0)) return [];
    return members
      .inStep()
      .filter(
        ({ isLive, told, heard }) => isLive && (Math.max(told, position) < head || heard < turn),
      );
  }

  /** Sets an alarm when work is left but no calls: the event of the alarm has new ones. */
  async #goOnByAlarm(): Promise<void> {
    if (!this.#teller.budget.isSpent || (!this.#hasWork() && this.#catchUp.due().length === 0))
      return;
    const { alarm, clock } = this.#parts;
    await alarm
      .by(Math.max(clock(), this.#catchUp.pausedUntil))
      .catch((cause) => this.#catchUp.failed(cause));
  }
}
