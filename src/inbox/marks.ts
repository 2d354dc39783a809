// The marks of an inbox: the change, the frame to all devices, and the limit for a user.

import type { Log } from "../log/log.ts";
import type { Mark } from "../objects/inbox-rpc.ts";
import { type MessagesDraft, printMessages } from "../protocol/down.ts";
import { isRefusal, type Refusal, refusal } from "../protocol/error.ts";
import { MARKED_TIMES_MAX } from "../protocol/limits.ts";
import type { Sockets } from "../socket/sockets.ts";
import { TokenBucket } from "../socket/token-bucket.ts";
import { applyMark } from "./apply-mark.ts";
import type { InboxPolicy } from "./log-policy.ts";
import { wholeMessages } from "./read.ts";
import type { InboxMeta } from "./state.ts";

export interface MarksDeps {
  log: Log<InboxMeta>;
  policy: InboxPolicy;
  sockets: Pick<Sockets, "broadcast">;
  /** Returns the members of every frame that describe the inbox. */
  summary(): Pick<MessagesDraft, "epoch" | "oldest" | "counts">;
  clock(): number;
}

export class Marks {
  readonly #deps: MarksDeps;
  /** In rows, which the deployer pays for. Stored with the marks: hibernation does not refill it. */
  readonly #allowance: TokenBucket;
  #isRestored = false;

  constructor(deps: MarksDeps) {
    this.#deps = deps;
    const { messagesMax } = deps.policy.retention();
    this.#allowance = new TokenBucket(MARKED_TIMES_MAX * messagesMax, messagesMax / 60);
  }

  /**
   * Changes the state of messages and sends the change to all devices; returns `{ changed, epoch, offset,
   * counts }` as text, or a refusal.
   */
  byUser(change: Mark): string | Refusal {
    this.#restore();
    return this.#allowance.has(this.#deps.clock()) ? this.byBackend(change) : TOO_MUCH;
  }

  byBackend(change: Mark): string | Refusal {
    const { log, policy, sockets, summary: standing, clock } = this.#deps;
    this.#restore();
    const marked = applyMark(log, change, clock(), policy.ageMs, (meta, rows) => {
      this.#allowance.spend(rows, clock());
      meta.left = { ...meta.left, marks: this.#allowance.level };
    });
    if (isRefusal(marked)) return marked;
    const now = standing();
    if (marked !== null) {
      const { since, to, states, removed, unarchived } = marked;
      const messages = wholeMessages(log, unarchived, clock());
      const frame = { ...now, since, to, messages, states, removed };
      sockets.broadcast(() => printMessages(frame), clock());
    }
    const { head } = log.at(clock());
    const { epoch, counts } = now;
    return JSON.stringify({ changed: marked !== null, epoch, offset: head, counts });
  }

  #restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    const { left } = this.#deps.log.at(this.#deps.clock()).meta;
    if (left?.marks !== undefined) this.#allowance.restore(left.marks);
  }
}

const TOO_MUCH = refusal("too_many_requests", "wait: too many messages were marked lately");
