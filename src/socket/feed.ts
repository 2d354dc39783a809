// From a publish to every socket of the object: group commit in front, the log in the middle, one
// frame for all behind.

import type { Alarm } from "../log/alarm.ts";
import type { Appended } from "../log/appended.ts";
import type { Draft, Outcome } from "../log/entry.ts";
import { GroupCommit } from "../log/group-commit.ts";
import type { Log } from "../log/log.ts";
import { type MessagesDraft, printMessages } from "../protocol/down.ts";
import type { Sockets } from "./sockets.ts";

/** About what one frame to one socket costs the runtime, in ms: see bench/README.md. */
const FRAME_MS = 0.017;
const GATHER_MS_MIN = 1;
const GATHER_MS_MAX = 15;

export interface Parts<Own> {
  log: Log<Own>;
  sockets: Sockets;
  alarm: Alarm;
  /** Makes the frame that tells of what a commit added. */
  frame: (appended: Appended) => MessagesDraft;
  /** Is told of each commit, in its turn. */
  committed?: (drafts: Draft[], appended: Appended) => void;
  clock: () => number;
}

export class Feed<Own> {
  readonly #parts: Parts<Own>;
  readonly #commits: GroupCommit<Draft, Outcome>;

  constructor(parts: Parts<Own>) {
    this.#parts = parts;
    const { clock } = parts;
    this.#commits = new GroupCommit({
      commit: (drafts) => this.append(drafts),
      durable: () => parts.log.store.durable(),
      gatherMs: (restedMs) => this.#gatherMs(restedMs),
      clock,
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  }

  /** Takes the drafts of one publish; gives their outcomes once they are written and sent. */
  async publish(drafts: Draft[], requestId: string | null): Promise<Outcome[]> {
    const outcomes = await this.#commits.add(drafts);
    const failed = outcomes.filter(({ status }) => status === "failed");
    if (failed.length > 0) {
      const ids = failed.map(({ id }) => id);
      // Why is in the line `append_failed` that names the id.
      console.error(JSON.stringify({ event: "publish_failed", request_id: requestId, ids }));
    }
    return outcomes;
  }

  /**
   * Written and sent in this turn. The runtime holds the frames, as it holds the replies, until the
   * write is durable, and drops them if it fails: so a caller need not wait for it.
   */
  append(drafts: Draft[]): Outcome[] {
    const { log, sockets, frame, committed, clock } = this.#parts;
    const now = clock();
    const appended = log.append(drafts, now);
    if (appended.entries.length > 0)
      sockets.broadcast(() => printMessages(frame(appended)), now, this.#others(appended));
    committed?.(drafts, appended);
    this.#setAlarm();
    return appended.outcomes;
  }

  /** Frames without what a connection is not to have: its cursor goes along all the same. */
  #others(appended: Appended): ReadonlyMap<string, () => string[]> {
    const { excluded, entries } = appended;
    const without = (places: number[]) => () =>
      printMessages(
        this.#parts.frame({ ...appended, entries: entries.filter((_, i) => !places.includes(i)) }),
      );
    return new Map([...excluded].map(([connection, places]) => [connection, without(places)]));
  }

  /** The one alarm in the life of a log, where what was written asks for it, and once that is durable. */
  async #setAlarm(): Promise<void> {
    const { log, alarm } = this.#parts;
    const at = log.takeAlarm();
    if (at === null) return;
    try {
      await log.store.durable();
      await alarm.by(at);
    } catch (cause) {
      // The messages are safe; the alarm is set anew when it is found to be late.
      console.error(JSON.stringify({ event: "alarm_not_set", cause: String(cause) }));
    }
  }

  /**
   * The first publish after a rest of two broadcasts goes out at once. Those that follow closely
   * wait half a broadcast for more of them: a frame costs a socket the same for one or for many.
   */
  #gatherMs(restedMs: number): number {
    const broadcastMs = this.#parts.sockets.size * FRAME_MS;
    if (restedMs > 2 * broadcastMs) return 0;
    return Math.min(GATHER_MS_MAX, Math.max(GATHER_MS_MIN, broadcastMs / 2));
  }
}

/** What the alarm does for the log. */
export async function sweep<Own>(
  { log, sockets, alarm }: Pick<Parts<Own>, "log" | "sockets" | "alarm">,
  now: number,
): Promise<void> {
  if (await log.sweep(now)) {
    alarm.gone();
    // Whoever watches a log that begins anew comes back and gets what there is: nothing yet.
    sockets.closeAll(4001);
  }
  const next = log.at(now).alarm;
  if (next !== null) await alarm.by(next);
}
