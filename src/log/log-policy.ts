// The policy of an object for its log: how much it keeps, which rows go first, and its counts.

import type { Retention } from "../settings/retention.ts";
import type { Checkpoint, Evictable } from "./checkpoint.ts";
import type { Flags, NewRow } from "./row.ts";
import type { LogStore } from "./store.ts";

export interface LogPolicy<Meta> {
  /** Sets the state that a new message begins with; returns its state members as JSON text. */
  newState(row: NewRow): string;
  retention(meta: Meta): Retention;
  empty(): Meta;
  copy(meta: Meta): Meta;
  /** Whether the object must stay stored although no message is left. */
  mustKeep(meta: Meta): boolean;
  onAppend(next: Checkpoint<Meta>, row: NewRow): void;
  /** Takes expired and aged messages out of the counts; computes the next expiry. */
  expire(next: Checkpoint<Meta>, store: LogStore, now: number): void;
  /** Rebuilds the eviction queue: at most `count` rows, the next to be overwritten first. */
  refillQueue(next: Checkpoint<Meta>, store: LogStore, now: number, count: number): void;
  /**
   * Called before rows are overwritten, or deleted as surplus; returns the offsets that subscribers must
   * drop.
   */
  onEvict(next: Checkpoint<Meta>, store: LogStore, now: number, evicted: Evictable[]): number[];
  /** Returns the rows that the alarm deletes. */
  rowsToSweep(rows: Flags[], meta: Meta, now: number): Flags[];
  /** Called before the alarm deletes the rows in `gone`; `rows` are all rows of the log. */
  onSweep(rows: Flags[], gone: Set<number>): void;
}
