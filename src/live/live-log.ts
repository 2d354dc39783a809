// A log whose commits are broadcast: a publish joins a group commit, which writes to the log and sends one
// frame to all sockets.

import type { Appended } from "../log/appended.ts";
import { type Draft, isToRepeat, type Outcome } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import { type MessagesDraft, printMessages } from "../protocol/down.ts";
import { report } from "../protocol/report.ts";
import type { Sockets } from "../socket/sockets.ts";
import type { AlarmPart } from "./alarm.ts";
import { GroupCommit } from "./group-commit.ts";

/** The approximate cost of one frame to one socket in the runtime, in ms: see bench/README.md. */
const FRAME_MS = 0.017;
const GATHER_MS_MIN = 1;
const GATHER_MS_MAX = 15;

export interface LiveLogDeps<Meta> {
  log: Log<Meta>;
  sockets: Sockets;
  /** Sets the alarm for the time at which the next sweep is due. */
  arm(): Promise<void>;
  /** Called when the log has been erased, the alarm included. */
  alarmErased(): void;
  /** Called after each sweep. */
  swept?: () => Promise<void>;
  /** Returns the frame that announces the messages of a commit. */
  frame: (appended: Appended) => MessagesDraft;
  /** Called after each commit, in the same turn. */
  committed?: (drafts: Draft[], appended: Appended) => void;
  clock: () => number;
}

export class LiveLog<Meta> implements AlarmPart {
  readonly #deps: LiveLogDeps<Meta>;
  readonly #commits: GroupCommit<Draft, Outcome>;

  constructor(deps: LiveLogDeps<Meta>) {
    this.#deps = deps;
    const { clock } = deps;
    this.#commits = new GroupCommit({
      commit: (drafts) => this.append(drafts),
      durable: () => deps.log.store.durable(),
      gatherMs: (restedMs) => this.#gatherMs(restedMs),
      clock,
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  }

  /** Returns when the next sweep is due, in ms. */
  due(now: number): number | null {
    return this.#deps.log.at(now).alarm;
  }

  /** A log without a message has no time for its sweep: it is swept whenever the alarm comes. */
  hasWork(now: number): boolean {
    return this.due(now) === null;
  }

  /** Sweeps the log: deletes aged and expired messages. */
  async run(): Promise<void> {
    const { log, sockets, alarmErased, swept, clock } = this.#deps;
    if (await log.sweep(clock())) {
      alarmErased();
      // The log was erased, its epoch included. Clients reconnect and receive its state, which is empty.
      sockets.closeAll(4001);
    }
    await swept?.();
  }

  /** Takes the drafts of one publish; returns their outcomes once they are written and sent. */
  async publish(drafts: Draft[], requestId: string | null): Promise<Outcome[]> {
    const outcomes = await this.#commits.add(drafts);
    const failed = outcomes.filter(isToRepeat);
    if (failed.length > 0) {
      const ids = failed.map(({ id }) => id);
      // The log line `append_failed` with the same id has the cause.
      report("publish_failed", { request_id: requestId, ids });
    }
    return outcomes;
  }

  /**
   * Writes and sends drafts in this turn; returns their outcomes. The runtime holds the frames, as it holds
   * the replies, until the write is durable, and drops them if it fails: so a caller need not wait for it.
   */
  append(drafts: Draft[]): Outcome[] {
    const { log, sockets, frame, committed, clock } = this.#deps;
    const now = clock();
    const appended = log.append(drafts, now);
    if (appended.entries.length > 0)
      sockets.broadcast(() => printMessages(frame(appended)), now, this.#others(appended));
    committed?.(drafts, appended);
    this.#setAlarm();
    return appended.outcomes;
  }

  /**
   * Returns a printer of frames for each connection that some messages exclude. Its frames leave them out,
   * but still advance the cursor.
   */
  #others(appended: Appended): ReadonlyMap<string, () => string[]> {
    const { excluded, entries } = appended;
    const without = (places: number[]) => () =>
      printMessages(
        this.#deps.frame({ ...appended, entries: entries.filter((_, i) => !places.includes(i)) }),
      );
    return new Map([...excluded].map(([connection, places]) => [connection, without(places)]));
  }

  /** Sets the alarm for the next sweep, if the last write asks for it, when that write is durable. */
  async #setAlarm(): Promise<void> {
    const { log, arm } = this.#deps;
    if (!log.takeAlarm()) return;
    try {
      await log.store.durable();
      await arm();
    } catch (cause) {
      // This does not fail the publish. The alarm is set again when it is found to be late.
      report("alarm_not_set", {}, cause);
    }
  }

  /**
   * Returns how long a commit waits for more publishes, in ms. The first publish after a pause of two
   * broadcasts goes out at once. Publishes that follow closely wait for half a broadcast, because a frame
   * costs a socket the same for one message or for many.
   */
  #gatherMs(restedMs: number): number {
    const broadcastMs = this.#deps.sockets.size * FRAME_MS;
    if (restedMs > 2 * broadcastMs) return 0;
    return Math.min(GATHER_MS_MAX, Math.max(GATHER_MS_MIN, broadcastMs / 2));
  }
}
