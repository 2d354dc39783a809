// The policy of an object for its log: how much it keeps, which rows go first, and its counts.

import type { Retention } from "../settings/retention.ts";
import type { Checkpoint, Victim } from "./checkpoint.ts";
import type { Flags, NewRow } from "./row.ts";
import type { LogStore } from "./store.ts";

export interface Keep<Own> {
  /** Sets the state that a new message begins with; returns its state members as JSON text. */
  newState(row: NewRow): string;
  retention(own: Own): Retention;
  empty(): Own;
  copy(own: Own): Own;
  /** Whether the object must stay stored although no message is left. */
  holds(own: Own): boolean;
  appended(next: Checkpoint<Own>, row: NewRow): void;
  /** Takes expired and aged messages out of the counts; computes the next expiry. */
  settle(next: Checkpoint<Own>, store: LogStore, now: number): void;
  /** Rebuilds `victims`: at most `count` rows, in the order in which they are given up. */
  lineUp(next: Checkpoint<Own>, store: LogStore, now: number, count: number): void;
  /**
   * Called before rows are overwritten, or deleted as surplus; returns the offsets that subscribers must
   * drop.
   */
  evict(next: Checkpoint<Own>, store: LogStore, now: number, victims: Victim[]): number[];
  /** Returns the rows that the alarm deletes. */
  sweepable(rows: Flags[], own: Own, now: number): Flags[];
  /** Called before the alarm deletes the rows in `gone`; `rows` are all rows of the log. */
  swept(rows: Flags[], gone: Set<number>): void;
}
