// What a topic keeps: the newest messages up to a number and an age, oldest out first.

import type { Checkpoint, Victim } from "../log/checkpoint.ts";
import type { Keep } from "../log/log.ts";
import type { LogStore, NewRow } from "../log/store.ts";
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

  evicted(next: Checkpoint<TopicOwn>, victim: Victim): void {
    next.lost = Math.max(next.lost, victim.offset);
  }

  /** What is too old lies below `oldest` from now on; its rows are the first to be given up. */
  settle(next: Checkpoint<TopicOwn>, store: LogStore, now: number): void {
    const first = store.firstAt(now - this.ageMs + 1);
    next.oldest = first?.offset ?? next.head + 1;
    next.lost = Math.max(next.lost, next.oldest - 1);
    next.due = first === undefined ? null : first.time + this.ageMs;
  }

  victims(_next: Checkpoint<TopicOwn>, store: LogStore, _now: number, count: number): Victim[] {
    const rows = store.firstOffsets(count + 1);
    return rows.slice(0, count).map(({ offset }, i) => ({
      offset,
      rank: 3,
      unseen: false,
      floor: rows[i + 1]?.offset ?? offset + 1,
    }));
  }
}
