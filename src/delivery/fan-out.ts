// The delivery of a log to all members, off the publisher's path: in batches, from one stored position on,
// until every member has every message. After a crash, or when an event has no calls left, the next event
// continues; the alarm makes sure that there is one.
//
//   publish ──▶ log ──kick──▶ round: position → to ──▶ each member ──has it──▶ in step
//                 │             ▲                          ├──fails──▶ behind: a row, left to the catch-up
//                 │             └── while position < head  └──nobody──▶ removed
//                 └─────────▶ ahead: members with a device, up to the head

import type { AlarmPart } from "../live/alarm.ts";
import { type Draft, isNew, type Outcome } from "../log/entry.ts";
import type { Delivery, LiveEntry, LogBatch } from "../objects/member.ts";
import { CatchUp } from "./catch-up.ts";
import { ConnectedFirst } from "./connected-first.ts";
import { type Answer, type FanOutDeps, MemberCalls, type Task } from "./member-calls.ts";
import { byName, type Member } from "./members.ts";
import { atMost, CALLS_MAX, RESUME_MS_MAX } from "./pool.ts";
import { changePosition, type Delivering, unfinishedRound } from "./position.ts";
import { WatcherCheck } from "./watcher-check.ts";

/** The delay of the alarm that continues deliveries after a crash, and the least time between two. */
const GUARD_MS = 30_000;

export class FanOut<Meta extends Delivering> implements AlarmPart {
  readonly #deps: FanOutDeps<Meta>;
  readonly #calls: MemberCalls<Meta>;
  #running: Promise<void> | null = null;
  readonly #ahead: ConnectedFirst<Meta>;
  readonly #catchUp: CatchUp<Meta>;
  #live: LiveEntry[] = [];
  /** When the alarm comes that continues the deliveries after a crash, in ms; 0 when there is none. */
  #guardAt = 0;
  #isAwake = false;
  /** Whether the position in memory is ahead of the stored one. */
  #isNoted = false;
  readonly #watcherCheck: WatcherCheck;

  constructor(deps: FanOutDeps<Meta>) {
    this.#deps = deps;
    this.#calls = new MemberCalls(deps);
    this.#catchUp = new CatchUp(
      deps,
      this.#calls,
      () => this.#go(),
      () => this.#goOnByAlarm(),
    );
    this.#ahead = new ConnectedFirst(
      deps,
      this.#calls,
      () => this.#go(),
      (cause) => this.#catchUp.failed(cause),
    );
    this.#watcherCheck = new WatcherCheck(deps);
  }

  /**
   * Returns when the alarm must come to continue, in ms; null when nothing is left to do. A restarted object
   * has no calls until its event begins, so the deliveries that it left unfinished are due at once.
   */
  due(now: number): number | null {
    const { pausedUntil, underWay } = this.#catchUp;
    if (this.#position() === null) return null;
    if (now < pausedUntil) return pausedUntil;
    const times = this.#catchUp.retryTimes(now);
    const isUnderWay = this.#running !== null || underWay !== null;
    if (this.#guardAt > 0 && (isUnderWay || this.#isIncomplete())) times.push(this.#guardAt);
    if (this.#isWaitingForCalls()) times.push(now);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Each alarm continues: it may be the guard's, or that of retries whose position is not stored. */
  hasWork(): boolean {
    return true;
  }

  /** Continues unfinished deliveries and starts the retries that are due. */
  async run(): Promise<void> {
    this.#guardAt = 0;
    this.start();
    await atMost(RESUME_MS_MAX, this.#settled());
    // An alarm must end, so the next one watches over deliveries that still run.
    if (this.#running !== null || this.#catchUp.underWay !== null)
      this.#guardAt = this.#deps.clock() + GUARD_MS;
  }

  /** Called in an event: starts the deliveries and the retries that are due. */
  start(): void {
    this.restorePosition();
    this.#go();
  }

  /**
   * Called in an event before it appends, since the position decides which rows may be overwritten. No
   * position is stored for members that only watch. When the object has left memory, theirs is set to the
   * head: they see by the cursor of the next message that they lack some, and ask for them.
   */
  restorePosition(): void {
    this.#calls.budget.renew();
    if (this.#isAwake) return;
    this.#isAwake = true;
    const { log, members, clock } = this.#deps;
    const position = this.#position();
    const round = unfinishedRound(log.at(clock()).meta);
    if (round !== undefined) members.restoreProgress(round.after, round.to);
    if (position !== null && members.hasFollowers()) return;
    const { head } = log.at(clock());
    log.changeInMemory(clock(), (meta) => {
      meta.delivered = members.size === 0 ? null : Math.max(position ?? 0, head);
    });
  }

  #go(): void {
    if (this.#calls.budget.isSpent) return;
    this.#ahead.begin(this.#live);
    if (this.#running === null && this.#isNeeded()) this.#running = this.#run();
    this.#catchUp.begin();
  }

  /**
   * Takes the drafts of a publish and their outcomes, and starts the delivery. A message with ttl 0 is
   * sent once, to the devices that are connected now.
   */
  committed(drafts: Draft[], outcomes: Outcome[]): void {
    if (this.#position() === null) return;
    const { members, clock } = this.#deps;
    const time = clock();
    drafts.forEach(({ body, category, ttl, exclude = null }, i) => {
      const outcome = outcomes[i];
      if (outcome === undefined || !isNew(outcome)) return;
      if (ttl === 0) {
        members.lastTurn += 1;
        const entry = { offset: null, body, time, expires: null, category, exclude };
        this.#live.push({ ...entry, turn: members.lastTurn });
      } else if (exclude !== null && outcome.offset !== null)
        this.#calls.excluded.set(outcome.offset, exclude);
    });
    // In a later turn, so that the publisher has its answer before the calls begin.
    setTimeout(() => this.#go(), 0);
  }

  /**
   * Sets an alarm while followers lack messages, at most every 30 seconds: they receive the messages even
   * after a crash.
   */
  async guard(): Promise<void> {
    const now = this.#deps.clock();
    if (now < this.#guardAt || !this.#isIncomplete()) return;
    this.#guardAt = now + GUARD_MS;
    try {
      await this.#deps.arm();
    } catch (cause) {
      this.#guardAt = 0;
      throw cause;
    }
  }

  /** Asks some of the members that only watch whether anyone still does. */
  checkSome(): void {
    if (this.#watcherCheck.chooseSome()) this.start();
  }

  /**
   * Asks the members that only watch whether anyone still does, as many as the calls of an event allow,
   * and waits for the answers. Returns whether all members were asked; if not, the next call continues
   * with the rest.
   */
  async checkAll(): Promise<boolean> {
    const isLast = this.#watcherCheck.chooseNext();
    this.start();
    await atMost(RESUME_MS_MAX, this.#settled());
    return isLast;
  }

  deliveryOf(offset: number): Delivery {
    this.restorePosition();
    return this.#deps.members.deliveryOf(offset, this.#position() ?? 0);
  }

  async #settled(): Promise<void> {
    while (this.#running !== null || this.#catchUp.underWay !== null)
      await Promise.all([this.#running, this.#catchUp.underWay]);
  }

  #call(
    called: Member[],
    position: number,
    to: number,
    live: LiveEntry[],
    common?: LogBatch,
  ): Promise<Answer[]> {
    const task: Task = { position, to, live, isPatient: false, atOnce: CALLS_MAX };
    if (common !== undefined) task.common = common;
    return this.#calls.callAll(called, task);
  }

  async #run(): Promise<void> {
    const { log, members, clock } = this.#deps;
    try {
      do {
        await this.#round(clock());
        if (this.#hasWork()) continue;
        this.#calls.excluded.clear();
        // Stores the last position, which no publish has stored. Members that only watch need none.
        if (this.#isNoted && members.hasFollowers()) log.change(clock(), () => undefined);
        this.#isNoted = false;
        await this.#deps.arm();
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
    const { log, members } = this.#deps;
    const position = this.#position() ?? 0;
    const waiting = unfinishedRound(log.at(now).meta);
    const common = this.#calls.batchAfter(position, waiting?.to);
    const { to } = common;
    const live = [...this.#live];
    const turn = live.at(-1)?.turn ?? 0;
    const probed = this.#watcherCheck.take();
    const lacking = () =>
      [...members.all().values()].filter(({ behind, sentUpTo, sentTurn }) =>
        behind === null ? (to > position && sentUpTo < to) || sentTurn < turn : behind.isBack,
      );
    const sleeping = lacking()
      .filter(({ behind, isLive }) => behind !== null || !isLive)
      .sort(byName);
    const answers = await this.#call(sleeping, position, to, live, common);
    await this.#ahead.underWay;
    const called = new Set(answers.map(({ member }) => member));
    const asked = members.inStep().filter((member) => probed.has(member));
    const left = new Set([...lacking(), ...asked].filter((member) => !called.has(member)));
    answers.push(...(await this.#call([...left], position, to, live, common)));
    const isWhole = answers.every(({ advanced }) => advanced.is !== "waiting");
    const isQuiet = answers.every(
      ({ member, advanced }) => advanced.is === "reached" && member.behind === null,
    );
    if (isQuiet && to > position)
      log.changeInMemory(now, (meta) => {
        if (meta.delivered !== null) meta.delivered = to;
        delete meta.round;
      });
    if (!isQuiet)
      changePosition(log, now, (meta) => {
        for (const answer of answers) this.#calls.settle(answer);
        delete meta.round;
        if (!isWhole && to > position) meta.round = { to, after: members.lastNameUpTo(to) };
        if (members.size === 0) meta.delivered = null;
        else if (isWhole) meta.delivered = to;
      });
    this.#calls.report(answers);
    this.#isNoted = isQuiet && (this.#isNoted || to > position);
    if (isWhole) this.#live = this.#live.filter((entry) => (entry.turn ?? 0) > turn);
    this.#go();
  }

  #position(): number | null {
    const { log, clock } = this.#deps;
    return log.at(clock()).meta.delivered;
  }

  #isNeeded(): boolean {
    return !this.#calls.budget.isSpent && this.#hasWork();
  }

  #hasWork(): boolean {
    const { log, members, clock } = this.#deps;
    const { meta, head } = log.at(clock());
    if (meta.delivered === null) return false;
    if (meta.delivered < head || this.#live.length > 0 || this.#watcherCheck.isDue) return true;
    return members.behind().some(({ behind }) => behind?.isBack);
  }

  /** Whether followers lack messages. */
  #isIncomplete(): boolean {
    const { log, members, clock } = this.#deps;
    const { meta, head } = log.at(clock());
    return meta.delivered !== null && meta.delivered < head && members.hasFollowers();
  }

  #isWaitingForCalls(): boolean {
    if (!this.#calls.budget.isSpent) return false;
    return this.#hasWork() || this.#catchUp.dueMembers().length > 0;
  }

  /** Sets an alarm when work is left but no calls: the event of the alarm has new ones. */
  async #goOnByAlarm(): Promise<void> {
    if (!this.#isWaitingForCalls()) return;
    await this.#deps.arm().catch((cause) => this.#catchUp.failed(cause));
  }
}
