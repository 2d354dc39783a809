// What an object decides about its log: how much it keeps, what goes first, what it counts.

import type { Retention } from "../settings/retention.ts";
import type { Checkpoint, Victim } from "./checkpoint.ts";
import type { Flags, NewRow } from "./row.ts";
import type { LogStore } from "./store.ts";

export interface Keep<Own> {
  /** Sets what state a new message begins with; returns the members that tell it, as text. */
  newState(row: NewRow): string;
  retention(own: Own): Retention;
  empty(): Own;
  copy(own: Own): Own;
  /** Whether there is something to keep though no message is left. */
  holds(own: Own): boolean;
  appended(next: Checkpoint<Own>, row: NewRow): void;
  /** Counts out what has expired or aged by now, and finds when that will next be so. */
  settle(next: Checkpoint<Own>, store: LogStore, now: number): void;
  /** Finds anew which rows to give up, so many if it may, the first to go first. */
  lineUp(next: Checkpoint<Own>, store: LogStore, now: number, count: number): void;
  /** Takes leave of rows about to be overwritten; gives the offsets whose holders must be told. */
  evict(next: Checkpoint<Own>, store: LogStore, now: number, victims: Victim[]): number[];
  /** Which rows the alarm deletes. */
  sweepable(rows: Flags[], own: Own, now: number): Flags[];
  /** Takes leave of rows that the alarm is about to delete; `rows` are all there are. */
  swept(rows: Flags[], gone: Set<number>): void;
}
