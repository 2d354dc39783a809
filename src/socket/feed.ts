// From a publish to every socket of the object: group commit in front, the log in the middle, one
// frame for all behind.

import type { Draft, Outcome } from "../log/entry.ts";
import { GroupCommit } from "../log/group-commit.ts";
import type { Appended, Log } from "../log/log.ts";
import { type MessagesDraft, printMessages } from "../protocol/down.ts";
import type { Sockets } from "./sockets.ts";

/** About what one frame to one socket costs the runtime, in ms: see bench/README.md. */
const FRAME_MS = 0.017;
const GATHER_MS_MIN = 1;
const GATHER_MS_MAX = 15;

export class Feed<Own> {
  readonly #log: Log<Own>;
  readonly #sockets: Sockets;
  readonly #frame: (appended: Appended) => MessagesDraft;
  readonly #clock: () => number;
  readonly #commits: GroupCommit<Draft, Outcome>;

  /** `frame` makes the frame that tells of what a commit added. */
  constructor(
    log: Log<Own>,
    sockets: Sockets,
    frame: (appended: Appended) => MessagesDraft,
    clock: () => number,
  ) {
    this.#log = log;
    this.#sockets = sockets;
    this.#frame = frame;
    this.#clock = clock;
    this.#commits = new GroupCommit({
      commit: (drafts) => this.#commit(drafts),
      durable: () => this.#durable(),
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

  // The frames are sent in the turn of the write: the runtime holds them, as it holds the replies,
  // until the write is durable, and drops them if it fails.
  #commit(drafts: Draft[]): Outcome[] {
    const now = this.#clock();
    const appended = this.#log.append(drafts, now);
    if (appended.entries.length > 0)
      this.#sockets.broadcast(() => printMessages(this.#frame(appended)), now);
    return appended.outcomes;
  }

  async #durable(): Promise<void> {
    await this.#log.store.durable();
    const alarm = this.#log.takeAlarm();
    if (alarm === null) return;
    try {
      await this.#log.store.setAlarm(alarm);
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
    const broadcastMs = this.#sockets.size * FRAME_MS;
    if (restedMs > 2 * broadcastMs) return 0;
    return Math.min(GATHER_MS_MAX, Math.max(GATHER_MS_MIN, broadcastMs / 2));
  }
}

/** When an alarm has failed, it is tried again after this long. */
const SWEEP_AGAIN_MS = 3_600_000;

/**
 * What the alarm does. An alarm that throws six times is dropped by the platform, so it never does.
 */
export async function sweep<Own>(log: Log<Own>, sockets: Sockets, now: number): Promise<void> {
  try {
    // Whoever watches a log that begins anew comes back and gets what there is: nothing yet.
    if (await log.sweep(now)) sockets.closeAll(4001);
  } catch (cause) {
    console.error(JSON.stringify({ event: "sweep_failed", cause: String(cause) }));
    await log.store.setAlarm(now + SWEEP_AGAIN_MS);
  }
}
