// The knowledge of a device, built from frames by the rules of docs/protocol.md and nothing else: the
// yardstick for every test that compares a device with the store.

import type { ConnectedFrame, MessagesFrame, StateChange } from "../../src/protocol/down.ts";
import type { Counts, LogMessage, MessageState } from "../../src/protocol/message.ts";

export type Held = LogMessage & Partial<MessageState>;

export class View {
  epoch = "0";
  /** The offset of the cursor; null before anything was applied. */
  offset: number | null = null;
  counts: Counts | null = null;
  /** The messages that it holds, by offset. */
  readonly held = new Map<number, Held>();
  /** Every message that was ever applied, in order, for tests that look for doubles and gaps. */
  readonly applied: Held[] = [];
  #parts: Held[] = [];

  get cursor(): string | null {
    return this.offset === null ? null : `${this.epoch}:${this.offset}`;
  }

  /** Leaves the cursor where it is: the missed messages, or a snapshot, follow. */
  connected(frame: ConnectedFrame): void {
    if (frame.counts) this.counts = frame.counts;
    this.#forget(frame.oldest);
  }

  /** Applies a frame whole. Returns false, for a reconnect, if it does not continue the cursor. */
  apply(frame: MessagesFrame): boolean {
    if (frame.more) {
      this.#parts.push(...frame.messages);
      return true;
    }
    const messages = [...this.#parts, ...frame.messages];
    this.#parts = [];
    if (frame.snapshot) this.held.clear();
    else if (!this.#continues(frame)) return false;
    for (const change of frame.states ?? []) this.#change(change);
    for (const offset of frame.removed ?? []) this.held.delete(offset);
    for (const message of messages) {
      this.applied.push(message);
      if (message.offset !== null) this.held.set(message.offset, message);
    }
    this.#forget(frame.oldest ?? 0);
    this.epoch = frame.epoch;
    this.offset = frame.to;
    if (frame.counts) this.counts = frame.counts;
    return true;
  }

  /** Returns the messages that it holds and that have not ended by their ttl. */
  alive(now: number): Held[] {
    return [...this.held.values()]
      .filter(({ expires }) => expires === undefined || Date.parse(expires) > now)
      .sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
  }

  #forget(oldest: number): void {
    for (const offset of this.held.keys()) if (offset < oldest) this.held.delete(offset);
  }

  #continues({ epoch, since }: MessagesFrame): boolean {
    return since === this.offset && (epoch === this.epoch || this.epoch === "0");
  }

  #change(change: StateChange): void {
    const { changed: _, ...rest } = change;
    const upTo = "up_to" in rest ? rest.up_to : null;
    const offsets = "offsets" in rest ? rest.offsets : [...this.held.keys()];
    for (const offset of offsets) {
      const message = this.held.get(offset);
      if (message === undefined || (upTo !== null && offset > upTo)) continue;
      for (const flag of ["seen_at", "read_at", "archived_at"] as const) {
        const time = rest[flag];
        // A change by offsets sets a flag; one by `up_to` sets it only where it is not set yet.
        if (time !== undefined && (upTo === null || message[flag] === null)) message[flag] = time;
      }
    }
  }
}
