// The state of an inbox's messages, as pure functions: what a row and the watermarks say together.

import { timeOf } from "../log/entry.ts";
import type { Flags } from "../log/row.ts";
import type { Level } from "../socket/allowance.ts";

/** "Everything up to here, at that time": one row written for any number of messages. */
export interface Watermark {
  upTo: number;
  at: number;
  changed: number;
}

/** What an inbox's checkpoint holds beyond the log's. */
export interface InboxOwn {
  unread: number;
  unseen: number;
  total: number;
  /** The offset of the newest removal from the middle: an older cursor is told what is left. */
  removed: number;
  seen: Watermark[];
  read: Watermark[];
  /** Tokens issued before this second are refused; null when none are. */
  notBefore: number | null;
  /** How many topics are followed. */
  follows: number;
  /** What the user may still change, of what is stored with each change anyway. Absent for all of it. */
  left?: { follows?: Level; marks?: Level };
}

/** In `archived_at` of a row: it was archived once and is not any more. */
export const UNARCHIVED = 0;

/** Times of the three flags, in ms. */
export interface State {
  seen_at: number | null;
  read_at: number | null;
  archived_at: number | null;
}

/** Watermarks kept of each kind. When there are more, what the oldest covered takes the next one's time. */
export const WATERMARKS_KEPT = 8;

export type StateFlags = Pick<Flags, "offset" | "changed" | keyof State>;

/**
 * The state of a row. A watermark counts for what lay at or below it and was not changed after it:
 * a later change wrote the row as it then was.
 */
export function stateOf(row: StateFlags, own: Pick<InboxOwn, "seen" | "read">): State {
  const changed = row.changed ?? row.offset;
  const covers = (mark: Watermark) => mark.upTo >= row.offset && mark.changed > changed;
  const read = own.read.find(covers);
  const seen = own.seen.find(covers);
  const first = read && seen ? (read.changed < seen.changed ? read : seen) : (read ?? seen);
  return {
    seen_at: row.seen_at ?? first?.at ?? null,
    read_at: row.read_at ?? read?.at ?? null,
    archived_at: row.archived_at || null,
  };
}

/** Adds a watermark to those kept. */
export function withWatermark(marks: Watermark[], mark: Watermark): Watermark[] {
  return [...marks, mark].slice(-WATERMARKS_KEPT);
}

/** Whether a row still holds a message that counts and is listed. */
export function isAlive(
  row: Pick<Flags, "blank" | "expires" | "time">,
  now: number,
  ageMs: number,
): boolean {
  return row.blank === 0 && row.time > now - ageMs && (row.expires === null || row.expires > now);
}

/** Where a message that is alive stands among those to be given up. */
export function rankOf(state: State): 1 | 2 | 3 {
  if (state.archived_at !== null) return 1;
  return state.read_at !== null ? 2 : 3;
}

/** Adds a message's part in the counts, or takes it out with `by` = -1. */
export function count(own: InboxOwn, state: State, by: 1 | -1): void {
  if (state.archived_at !== null) return;
  own.total += by;
  if (state.read_at === null) own.unread += by;
  if (state.seen_at === null) own.unseen += by;
}

/** The state members of a message's JSON, each with its leading comma. */
export function printState(state: State): string {
  const time = (ms: number | null) => (ms === null ? "null" : `"${timeOf(ms)}"`);
  return `,"seen_at":${time(state.seen_at)},"read_at":${time(state.read_at)},"archived_at":${time(state.archived_at)}`;
}
