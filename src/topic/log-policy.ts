// The retention of a topic: the newest messages up to a number and an age. The oldest go first, but none
// that a member in step still lacks.

import type { Delivering } from "../delivery/position.ts";
import type { Checkpoint, Evictable } from "../log/checkpoint.ts";
import type { LogPolicy } from "../log/log-policy.ts";
import type { Flags, NewRow } from "../log/row.ts";
import type { LogStore } from "../log/store.ts";
import type { Retention } from "../settings/retention.ts";
import type { TopicDefaults, TopicSettings } from "../settings/topic.ts";

/** The topic's part of the checkpoint. */
export interface TopicMeta extends Delivering {
  settings: TopicSettings | null;
}

export class TopicPolicy implements LogPolicy<TopicMeta> {
  readonly #defaults: TopicDefaults;

  constructor(defaults: TopicDefaults) {
    this.#defaults = defaults;
  }

  newState(): string {
    return "";
  }

  retention(meta: TopicMeta): Retention {
    return { ...this.#defaults, ...meta.settings };
  }

  empty(): TopicMeta {
    return { delivered: null, settings: null };
  }

  copy(meta: TopicMeta): TopicMeta {
    return { ...meta };
  }

  mustKeep(meta: TopicMeta): boolean {
    return meta.delivered !== null || meta.settings !== null;
  }

  onAppend(next: Checkpoint<TopicMeta>, row: NewRow): void {
    next.due ??= row.time + this.retention(next.meta).ageMs;
  }

  /** A message that had expired by its own ttl does not count as lost. */
  onEvict(
    next: Checkpoint<TopicMeta>,
    store: LogStore,
    now: number,
    evicted: Evictable[],
  ): number[] {
    const [first, last] = [evicted[0], evicted[evicted.length - 1]];
    if (first === undefined || last === undefined) return [];
    next.lost = Math.max(next.lost, store.lastLive(first.offset, last.offset, now));
    next.oldest = Math.max(next.oldest, last.offset + 1);
    return [];
  }

  /** Moves `oldest` past the messages that have aged; their rows are the next to be overwritten. */
  expire(next: Checkpoint<TopicMeta>, store: LogStore, now: number): void {
    const { ageMs } = this.retention(next.meta);
    const first = store.firstAt(now - ageMs + 1);
    const oldest = first?.offset ?? next.head + 1;
    next.lost = Math.max(next.lost, store.lastLive(next.oldest, oldest - 1, now));
    next.oldest = Math.max(next.oldest, oldest);
    next.due = first === undefined ? null : first.time + ageMs;
  }

  /** A topic's rows have no gaps between their offsets, so only the first must be looked up. */
  refillQueue(next: Checkpoint<TopicMeta>, store: LogStore, _now: number, count: number): void {
    const first = store.first()?.offset ?? 0;
    const mayGo = (next.meta.delivered ?? Number.POSITIVE_INFINITY) - first + 1;
    next.evictionQueue = Array.from(
      { length: Math.max(0, Math.min(count, next.rows, mayGo)) },
      (_, i): Evictable => ({ offset: first + i, rank: 3, unseen: false, mayCarryCursor: false }),
    );
  }

  /** Returns rows from the low end only, so that no gap between offsets arises. */
  rowsToSweep(rows: Flags[], meta: TopicMeta, now: number): Flags[] {
    const { ageMs } = this.retention(meta);
    const kept = rows.findIndex(({ time }) => time > now - ageMs);
    return kept === -1 ? rows : rows.slice(0, kept);
  }

  onSweep(): void {
    // Nothing in a topic depends on single rows.
  }
}
