// The places of new rows: free ones, or those of rows that are given up for them.

import { type Checkpoint, printCheckpoint, VICTIMS_KNOWN, type Victim } from "./checkpoint.ts";
import type { Keep } from "./keep.ts";
import type { NewRow } from "./row.ts";
import type { LogStore } from "./store.ts";

/** An alarm this late has been lost: the platform's alarms are late by a minute at most. */
const ALARM_LATE_MS = 3_600_000;
/** Rows deleted with one write after the limit was lowered. */
const SURPLUS_PER_WRITE_MAX = 100;

/**
 * Writes the rows and the checkpoint that covers them; the caller makes this one atomic write. Returns the
 * offsets that subscribers must drop: rows given up above `oldest`.
 */
export function place<Own>(
  rows: NewRow[],
  next: Checkpoint<Own>,
  store: LogStore,
  keep: Keep<Own>,
  now: number,
): number[] {
  const removed: number[] = [];
  const { messagesMax, ageMs } = keep.retention(next.own);
  // A list may have more messages than the log keeps: then its end overwrites its beginning.
  for (let from = 0; from < rows.length; from += messagesMax) {
    const chunk = rows.slice(from, from + messagesMax);
    removed.push(...shrink(next, store, keep, now));
    const victims = give(chunk.length, next, store, keep, now);
    removed.push(...keep.evict(next, store, now, victims));
    if (next.rows === victims.length) next.oldest = (chunk[0] as NewRow).offset;
    next.rows += chunk.length - victims.length;
    for (const row of chunk) keep.appended(next, row);
    // Set once in the life of a log, and again only after an alarm was lost: a crash may come between the
    // write and the setting of the alarm.
    if (next.alarm === null || now > next.alarm + ALARM_LATE_MS) next.alarm = now + ageMs;
    store.write(chunk, victims, printCheckpoint(next));
  }
  return removed;
}

/**
 * Deletes surplus rows, a few with each write, after the limit was lowered or had to be exceeded. Returns
 * the offsets that subscribers must drop.
 */
function shrink<Own>(
  next: Checkpoint<Own>,
  store: LogStore,
  keep: Keep<Own>,
  now: number,
): number[] {
  const { messagesMax } = keep.retention(next.own);
  const surplus = Math.min(next.rows - messagesMax, SURPLUS_PER_WRITE_MAX);
  if (surplus <= 0) return [];
  keep.lineUp(next, store, now, surplus);
  const victims = next.victims.splice(0, surplus);
  const removed = keep.evict(next, store, now, victims);
  for (const { offset } of victims) store.delete(offset);
  next.rows -= victims.length;
  return removed;
}

/**
 * Returns the rows to overwrite for `count` new ones: rows that hold no message first, then as many as the
 * limit requires.
 */
function give<Own>(
  count: number,
  next: Checkpoint<Own>,
  store: LogStore,
  keep: Keep<Own>,
  now: number,
): Victim[] {
  const { messagesMax } = keep.retention(next.own);
  const over = count - Math.max(0, messagesMax - next.rows);
  let empty = 0;
  while (next.victims[empty]?.rank === 0) empty += 1;
  const recycled = Math.min(count, Math.max(over, empty));
  if (next.victims.length < recycled)
    keep.lineUp(next, store, now, Math.max(recycled, VICTIMS_KNOWN));
  return next.victims.splice(0, recycled);
}
