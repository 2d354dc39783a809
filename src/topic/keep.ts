// The retention of a topic: the newest messages up to a number and an age. The oldest go first, but none
// that a member in step still lacks.

import type { Delivering } from "../delivery/position.ts";
import type { Checkpoint, Victim } from "../log/checkpoint.ts";
import type { Keep } from "../log/keep.ts";
import type { Flags, NewRow } from "../log/row.ts";
import type { LogStore } from "../log/store.ts";
import type { Retention } from "../settings/retention.ts";
import type { TopicDefaults, TopicSettings } from "../settings/topic.ts";

/** The topic's part of the checkpoint. */
export interface TopicOwn extends Delivering {
  settings: TopicSettings | null;
}

export class TopicKeep implements Keep<TopicOwn> {
  readonly #defaults: TopicDefaults;

  constructor(defaults: TopicDefaults) {
    this.#defaults = defaults;
  }

  newState(): string {
    return "";
  }

  retention(own: TopicOwn): Retention {
    return { ...this.#defaults, ...own.settings };
  }

  empty(): TopicOwn {
    return { delivered: null, settings: null };
  }

  copy(own: TopicOwn): TopicOwn {
    return { ...own };
  }

  holds(own: TopicOwn): boolean {
    return own.delivered !== null || own.settings !== null;
  }

  appended(next: Checkpoint<TopicOwn>, row: NewRow): void {
    next.due ??= row.time + this.retention(next.own).ageMs;
  }

  /** A message that had expired by its own ttl does not count as lost. */
  evict(next: Checkpoint<TopicOwn>, store: LogStore, now: number, victims: Victim[]): number[] {
    const [first, last] = [victims[0], victims[victims.length - 1]];
    if (first === undefined || last === undefined) return [];
    next.lost = Math.max(next.lost, store.lastLive(first.offset, last.offset, now));
    next.oldest = Math.max(next.oldest, last.offset + 1);
    return [];
  }

  /** Moves `oldest` past the messages that have aged; their rows are the next to be overwritten. */
  settle(next: Checkpoint<TopicOwn>, store: LogStore, now: number): void {
    const { ageMs } = this.retention(next.own);
    const first = store.firstAt(now - ageMs + 1);
    const oldest = first?.offset ?? next.head + 1;
    next.lost = Math.max(next.lost, store.lastLive(next.oldest, oldest - 1, now));
    next.oldest = Math.max(next.oldest, oldest);
    next.due = first === undefined ? null : first.time + ageMs;
  }

  /** A topic's rows have no gaps between their offsets, so only the first must be looked up. */
  lineUp(next: Checkpoint<TopicOwn>, store: LogStore, _now: number, count: number): void {
    const first = store.first()?.offset ?? 0;
    const mayGo = (next.own.delivered ?? Number.POSITIVE_INFINITY) - first + 1;
    next.victims = Array.from(
      { length: Math.max(0, Math.min(count, next.rows, mayGo)) },
      (_, i): Victim => ({ offset: first + i, rank: 3, unseen: false, last: false }),
    );
  }

  /** Returns rows from the low end only, so that no gap between offsets arises. */
  sweepable(rows: Flags[], own: TopicOwn, now: number): Flags[] {
    const { ageMs } = this.retention(own);
    const kept = rows.findIndex(({ time }) => time > now - ageMs);
    return kept === -1 ? rows : rows.slice(0, kept);
  }

  swept(): void {
    // Nothing in a topic depends on single rows.
  }
}
