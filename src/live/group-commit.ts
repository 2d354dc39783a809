// Group commit: publishes that arrive while a write is becoming durable share the next write, and with it
// the next frame to every socket. The first publish after a rest is never held back. After a long rest
// others are unlikely to share the write, so it is done at once, without a group.
//
//   idle ──add──▶ rested? ──yes──▶ commit ──▶ writing ──durable, nothing waits──▶ idle
//                    │               ▲           │
//                    └──no─▶ gather ─┘◀──────────┘ durable, others wait

export interface Group<Draft, Outcome> {
  /** Writes and sends the drafts as one; returns the outcome of each. A bad draft fails alone. */
  commit(drafts: Draft[]): Outcome[];
  /** Resolves when all writes so far are on disk; rejects when the object is being reset. */
  durable(): Promise<void>;
  /**
   * Returns how long (ms) to wait for others to join a group, `restedMs` after the last commit; 0 for no
   * wait.
   */
  gatherMs(restedMs: number): number;
  wait(ms: number): Promise<void>;
  clock(): number;
}

/** A write with this many drafts takes no further publish, so that one commit stays short. */
const DRAFTS_MAX = 2_000;
/** Longer than a write takes to become durable. */
const LONG_REST_MS = 50;

interface Waiting<Draft, Outcome> {
  drafts: Draft[];
  resolve: (outcomes: Outcome[]) => void;
  reject: (cause: unknown) => void;
}

export class GroupCommit<Draft, Outcome> {
  readonly #group: Group<Draft, Outcome>;
  #waiting: Waiting<Draft, Outcome>[] = [];
  #busy = false;
  #committedAt = 0;

  constructor(group: Group<Draft, Outcome>) {
    this.#group = group;
  }

  /** Takes the drafts of one publish; returns their outcomes, in order, once they are written. */
  async add(drafts: Draft[]): Promise<Outcome[]> {
    const { commit, gatherMs, clock } = this.#group;
    const now = clock();
    const restedMs = now - this.#committedAt;
    if (!this.#busy && restedMs > LONG_REST_MS && gatherMs(restedMs) === 0) {
      this.#committedAt = now;
      return commit(drafts);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ drafts, resolve, reject });
      if (!this.#busy) this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    const { durable, gatherMs, wait, clock } = this.#group;
    try {
      let ms = gatherMs(clock() - this.#committedAt);
      do {
        if (ms > 0) await wait(ms);
        this.#commitNext();
        await durable();
        this.#committedAt = clock();
        ms = gatherMs(0);
      } while (this.#waiting.length > 0);
    } catch (cause) {
      for (const { reject } of this.#waiting.splice(0)) reject(cause);
    } finally {
      this.#busy = false;
    }
  }

  #commitNext(): void {
    let drafts = 0;
    let take = 0;
    while (take < this.#waiting.length && (take === 0 || drafts < DRAFTS_MAX)) {
      drafts += (this.#waiting[take] as Waiting<Draft, Outcome>).drafts.length;
      take += 1;
    }
    const group = this.#waiting.splice(0, take);
    try {
      const outcomes = this.#group.commit(group.flatMap((waiting) => waiting.drafts));
      let at = 0;
      for (const { drafts: published, resolve } of group) {
        resolve(outcomes.slice(at, at + published.length));
        at += published.length;
      }
    } catch (cause) {
      for (const { reject } of group) reject(cause);
      throw cause;
    }
  }
}
