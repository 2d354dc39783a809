// What a topic keeps: the newest messages up to a number and an age, oldest out first, but none that
// its members have still to be told.

import type { Checkpoint, Victim } from "../log/checkpoint.ts";
import type { Keep } from "../log/keep.ts";
import type { Log } from "../log/log.ts";
import type { Flags, NewRow } from "../log/row.ts";
import type { LogStore } from "../log/store.ts";
import type { Retention } from "../settings/retention.ts";
import type { TopicDefaults, TopicSettings } from "../settings/topic.ts";

/** What a topic's checkpoint holds beyond the log's. */
export interface TopicOwn {
  /** Members that are not behind have all up to here; null while there is no member. */
  delivered: number | null;
  settings: TopicSettings | null;
  /**
   * A round that waits for the next event: members up to a name, and not behind, have all up to `to`.
   * Counts while `to` lies above `delivered`: an older release leaves it behind.
   */
  round?: { to: number; after: string };
}

/** Stores what changes; where nothing was published there is no position to store, and no table for it. */
export function changeOwn(log: Log<TopicOwn>, now: number, change: (own: TopicOwn) => void): void {
  if (log.store.exists()) log.change(now, ({ own }) => change(own));
  else log.note(now, change);
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

  /** What had expired by its own ttl is no loss to anyone. */
  evict(next: Checkpoint<TopicOwn>, store: LogStore, now: number, victims: Victim[]): number[] {
    const [first, last] = [victims[0], victims[victims.length - 1]];
    if (first === undefined || last === undefined) return [];
    next.lost = Math.max(next.lost, store.lastLive(first.offset, last.offset, now));
    next.oldest = Math.max(next.oldest, last.offset + 1);
    return [];
  }

  /** What is too old lies below `oldest` from now on; its rows are the first to be given up. */
  settle(next: Checkpoint<TopicOwn>, store: LogStore, now: number): void {
    const { ageMs } = this.retention(next.own);
    const first = store.firstAt(now - ageMs + 1);
    const oldest = first?.offset ?? next.head + 1;
    next.lost = Math.max(next.lost, store.lastLive(next.oldest, oldest - 1, now));
    next.oldest = Math.max(next.oldest, oldest);
    next.due = first === undefined ? null : first.time + ageMs;
  }

  /** A topic's rows have no gaps between them, so only the first need be looked up. */
  lineUp(next: Checkpoint<TopicOwn>, store: LogStore, _now: number, count: number): void {
    const first = store.first()?.offset ?? 0;
    const mayGo = (next.own.delivered ?? Number.POSITIVE_INFINITY) - first + 1;
    next.victims = Array.from(
      { length: Math.max(0, Math.min(count, next.rows, mayGo)) },
      (_, i): Victim => ({ offset: first + i, rank: 3, unseen: false, last: false }),
    );
  }

  /** Only from the low end, so that no gap comes to be. */
  sweepable(rows: Flags[], own: TopicOwn, now: number): Flags[] {
    const { ageMs } = this.retention(own);
    const kept = rows.findIndex(({ time }) => time > now - ageMs);
    return kept === -1 ? rows : rows.slice(0, kept);
  }

  swept(): void {
    // Nothing depends on a topic's single rows.
  }
}
