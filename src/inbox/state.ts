// The state of an inbox's messages, as pure functions of a row and the watermarks.

import { timeOf } from "../log/entry.ts";
import type { Flags } from "../log/row.ts";
import type { Level } from "../socket/token-bucket.ts";

/** A mark on all messages up to an offset, at a time in ms: one row written for any number. */
export interface Watermark {
  upTo: number;
  at: number;
  changed: number;
}

/** The inbox's part of the checkpoint, beyond the log's. */
export interface InboxMeta {
  unread: number;
  unseen: number;
  total: number;
  /**
   * The offset of the newest removal from the middle. A replay from an older cursor must name removed
   * messages.
   */
  removed: number;
  seen: Watermark[];
  read: Watermark[];
  /** Tokens issued before this second are refused; null when none are. */
  notBefore: number | null;
  /** The number of followed topics. */
  follows: number;
  /**
   * The levels of the user's allowances, stored with changes that are written anyway. Absent when they are
   * full.
   */
  left?: { follows?: Level; marks?: Level };
}

/** The value of `archived_at` in a row that was archived once and is not any more. */
export const UNARCHIVED = 0;

/** The times of the three flags, in ms; null for a flag that is not set. */
export interface State {
  seen_at: number | null;
  read_at: number | null;
  archived_at: number | null;
}

/** Watermarks kept of each kind. Messages of a dropped one take the time of the next one. */
export const WATERMARKS_KEPT = 8;

export type StateFlags = Pick<Flags, "offset" | "changed" | keyof State>;

/**
 * Returns the state of a row. A watermark applies to messages at or below it that were not changed after it:
 * a later change wrote the whole state into the row.
 */
export function stateOf(row: StateFlags, meta: Pick<InboxMeta, "seen" | "read">): State {
  const changed = row.changed ?? row.offset;
  const covers = (mark: Watermark) => mark.upTo >= row.offset && mark.changed > changed;
  const read = meta.read.find(covers);
  const seen = meta.seen.find(covers);
  const first = read && seen ? (read.changed < seen.changed ? read : seen) : (read ?? seen);
  return {
    seen_at: row.seen_at ?? first?.at ?? null,
    read_at: row.read_at ?? read?.at ?? null,
    archived_at: row.archived_at || null,
  };
}

/** Adds a watermark, and drops the oldest above the limit. */
export function withWatermark(marks: Watermark[], mark: Watermark): Watermark[] {
  return [...marks, mark].slice(-WATERMARKS_KEPT);
}

/** Returns whether a row still holds a message that counts and is listed. */
export function isAlive(
  row: Pick<Flags, "blank" | "expires" | "time">,
  now: number,
  ageMs: number,
): boolean {
  return row.blank === 0 && row.time > now - ageMs && (row.expires === null || row.expires > now);
}

/** Returns the rank of a live message in the order of eviction; the lowest goes first. */
export function rankOf(state: State): 1 | 2 | 3 {
  if (state.archived_at !== null) return 1;
  return state.read_at !== null ? 2 : 3;
}

/** Adds a message to the counts, or takes it out with `by` = -1. */
export function count(meta: InboxMeta, state: State, by: 1 | -1): void {
  if (state.archived_at !== null) return;
  meta.total += by;
  if (state.read_at === null) meta.unread += by;
  if (state.seen_at === null) meta.unseen += by;
}

/** Returns the state members of a message's JSON, each with its leading comma. */
export function printState(state: State): string {
  const time = (ms: number | null) => (ms === null ? "null" : `"${timeOf(ms)}"`);
  return `,"seen_at":${time(state.seen_at)},"read_at":${time(state.read_at)},"archived_at":${time(state.archived_at)}`;
}
