// What a topic keeps: the newest messages up to a number and an age, oldest out first.

import type { Checkpoint, Victim } from "../log/checkpoint.ts";
import type { Keep } from "../log/keep.ts";
import type { Flags, NewRow } from "../log/row.ts";
import type { LogStore } from "../log/store.ts";
import type { Retention } from "../settings.ts";

/** A topic's checkpoint holds nothing beyond the log's. */
export type TopicOwn = null;

export class TopicKeep implements Keep<TopicOwn> {
  readonly messagesMax: number;
  readonly ageMs: number;
  readonly newState = "";

  constructor({ messagesMax, ageMs }: Retention) {
    this.messagesMax = messagesMax;
    this.ageMs = ageMs;
  }

  empty(): TopicOwn {
    return null;
  }

  copy(): TopicOwn {
    return null;
  }

  holds(): boolean {
    return false;
  }

  appended(next: Checkpoint<TopicOwn>, row: NewRow): void {
    next.due ??= row.time + this.ageMs;
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
    const first = store.firstAt(now - this.ageMs + 1);
    const oldest = first?.offset ?? next.head + 1;
    next.lost = Math.max(next.lost, store.lastLive(next.oldest, oldest - 1, now));
    next.oldest = oldest;
    next.due = first === undefined ? null : first.time + this.ageMs;
  }

  /** A topic's rows have no gaps between them, so only the first need be looked up. */
  lineUp(next: Checkpoint<TopicOwn>, store: LogStore, _now: number, count: number): void {
    const first = store.first()?.offset ?? 0;
    next.victims = Array.from({ length: Math.min(count, next.rows) }, (_, i) => ({
      offset: first + i,
      rank: 3,
      unseen: false,
    }));
  }

  /** Only from the low end, so that no gap comes to be. */
  sweepable(rows: Flags[], now: number): Flags[] {
    const kept = rows.findIndex(({ time }) => time > now - this.ageMs);
    return kept === -1 ? rows : rows.slice(0, kept);
  }
}
