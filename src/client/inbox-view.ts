// What a device knows of its inbox: the messages by offset, built from steps as docs/protocol.md's
// "What a client does" says.

import type { MessagesFrame, StateChange } from "../protocol/down.ts";
import type { Counts, InboxMessage, MessageState } from "../protocol/message.ts";

/** What is shown. It is a new object when something has changed, and only then. */
export interface InboxSnapshot {
  /** False until the hub has told the inbox for the first time. */
  readonly isLoaded: boolean;
  /** How far its log is known, `<epoch>:<offset>`; null until it is. */
  readonly cursor: string | null;
  /** Newest first, without what is archived, deleted or has expired. */
  readonly notifications: readonly InboxMessage[];
  /** Of the whole inbox, as the hub counts: marks show here once they are confirmed. */
  readonly counts: Counts;
  /** Whether there are older ones to load. */
  readonly hasMore: boolean;
}

/** What is shown of an inbox that is not known, or that nobody may see. */
export const NOTHING: InboxSnapshot = {
  isLoaded: false,
  cursor: null,
  notifications: [],
  counts: { unread: 0, unseen: 0, total: 0 },
  hasMore: false,
};

export class InboxView {
  readonly held = new Map<number, InboxMessage>();
  counts: Counts = NOTHING.counts;

  /** Takes a step whole, or a `connected` as a step without news; `now` is when. */
  apply(step: Omit<MessagesFrame, "type" | "to" | "since">, now: number): void {
    const { held } = this;
    if (step.snapshot) held.clear();
    for (const change of step.states ?? []) this.#change(change);
    for (const offset of step.removed ?? []) held.delete(offset);
    let latest = now;
    for (const message of step.messages) {
      if (message.offset !== null) held.set(message.offset, message as InboxMessage);
      latest = Math.max(latest, Date.parse(message.time));
    }
    for (const offset of held.keys()) if (offset < (step.oldest ?? 0)) held.delete(offset);
    // What has ended is not in the hub's counts any more, whose clock may be ahead.
    this.expire(latest);
    this.counts = step.counts ?? this.counts;
  }

  /** Drops what has ended by its own `ttl`, of which no frame tells; gives when the next one ends. */
  expire(now: number): number {
    let next = Infinity;
    for (const [offset, { expires, seen_at, read_at, archived_at }] of this.held) {
      if (!expires) continue;
      const end = Date.parse(expires);
      if (end > now) next = Math.min(next, end);
      else {
        this.held.delete(offset);
        if (archived_at) continue;
        const counts = { ...this.counts };
        counts.total -= 1;
        if (!read_at) counts.unread -= 1;
        if (!seen_at) counts.unseen -= 1;
        this.counts = counts;
      }
    }
    return next;
  }

  #change(change: StateChange): void {
    const { offsets, up_to: upTo } = change as { offsets?: number[]; up_to?: number };
    for (const offset of offsets ?? this.held.keys()) {
      const message = this.held.get(offset);
      // Without an `up_to` nothing is above it.
      if (!message || (upTo as number) < offset) continue;
      const next = { ...message };
      for (const flag of FLAGS) {
        const time = change[flag];
        // By offsets a flag is set; by `up_to` only where it is not set yet.
        if (time !== undefined && (offsets || !next[flag])) next[flag] = time;
      }
      this.held.set(offset, next);
    }
  }
}

const FLAGS: readonly (keyof MessageState)[] = ["seen_at", "read_at", "archived_at"];
