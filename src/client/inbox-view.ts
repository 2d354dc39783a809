// The part of an inbox that a device knows: the messages by offset, built from steps by the rules of
// docs/protocol.md, "What a client does".

import type { MessagesFrame, StateChange } from "../protocol/down.ts";
import type { Counts, InboxMessage, MessageState } from "../protocol/message.ts";

/** The inbox as it is shown: an immutable object, replaced by a new one at every change. */
export interface InboxSnapshot {
  /** False until the inbox has arrived, and again once its token or session has ended. */
  readonly isLoaded: boolean;
  /** The cursor up to which the inbox is known, `<epoch>:<offset>`; null until it is loaded. */
  readonly cursor: string | null;
  /** Newest first, without archived, deleted and expired messages. */
  readonly notifications: readonly InboxMessage[];
  /** The hub's counts of the whole inbox. A mark changes them once the hub has confirmed it. */
  readonly counts: Counts;
  /** Whether there are older messages to load. */
  readonly hasMore: boolean;
}

/** The snapshot of an inbox that is not known, or that must not be shown. */
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

  /** Applies a complete step, or a `connected` as one without messages. `now` is in ms. */
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
    // Expired messages are not in the hub's counts any more, and the hub's clock may be ahead of ours.
    this.expire(latest);
    this.counts = step.counts ?? this.counts;
  }

  /**
   * Drops expired messages, for which the hub sends no frame; returns the time (ms) of the next expiry, or
   * Infinity.
   */
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
      // Without an `up_to` the comparison is false.
      if (!message || (upTo as number) < offset) continue;
      const next = { ...message };
      for (const flag of FLAGS) {
        const time = change[flag];
        // A change by offsets always sets a flag; one by `up_to` only if it is not set yet.
        if (time !== undefined && (offsets || !next[flag])) next[flag] = time;
      }
      this.held.set(offset, next);
    }
  }
}

const FLAGS: readonly (keyof MessageState)[] = ["seen_at", "read_at", "archived_at"];
