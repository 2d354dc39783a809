// The places of new rows: free ones, or those of rows that they overwrite.

import {
  type Checkpoint,
  type Evictable,
  printCheckpoint,
  QUEUE_IN_MEMORY_MAX,
} from "./checkpoint.ts";
import type { LogPolicy } from "./log-policy.ts";
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
export function writeRows<Meta>(
  rows: NewRow[],
  next: Checkpoint<Meta>,
  store: LogStore,
  policy: LogPolicy<Meta>,
  now: number,
): number[] {
  const removed: number[] = [];
  const { messagesMax, ageMs } = policy.retention(next.meta);
  // A list may have more messages than the log keeps: then its end overwrites its beginning.
  for (let from = 0; from < rows.length; from += messagesMax) {
    const chunk = rows.slice(from, from + messagesMax);
    removed.push(...deleteSurplus(next, store, policy, now));
    const evicted = takeEvictable(chunk.length, next, store, policy, now);
    removed.push(...policy.onEvict(next, store, now, evicted));
    if (next.rows === evicted.length) next.oldest = (chunk[0] as NewRow).offset;
    next.rows += chunk.length - evicted.length;
    for (const row of chunk) policy.onAppend(next, row);
    // Set once in the life of a log, and again only after an alarm was lost: a crash may come between the
    // write and the setting of the alarm.
    if (next.alarm === null || now > next.alarm + ALARM_LATE_MS) next.alarm = now + ageMs;
    store.write(chunk, evicted, printCheckpoint(next));
  }
  return removed;
}

/**
 * Deletes surplus rows, a few with each write, after the limit was lowered or had to be exceeded. Returns
 * the offsets that subscribers must drop.
 */
function deleteSurplus<Meta>(
  next: Checkpoint<Meta>,
  store: LogStore,
  policy: LogPolicy<Meta>,
  now: number,
): number[] {
  const { messagesMax } = policy.retention(next.meta);
  const surplus = Math.min(next.rows - messagesMax, SURPLUS_PER_WRITE_MAX);
  if (surplus <= 0) return [];
  policy.refillQueue(next, store, now, surplus);
  const evicted = next.evictionQueue.splice(0, surplus);
  const removed = policy.onEvict(next, store, now, evicted);
  for (const { offset } of evicted) store.delete(offset);
  next.rows -= evicted.length;
  return removed;
}

/**
 * Returns the rows to overwrite for `count` new ones: rows that hold no message first, then as many as the
 * limit requires.
 */
function takeEvictable<Meta>(
  count: number,
  next: Checkpoint<Meta>,
  store: LogStore,
  policy: LogPolicy<Meta>,
  now: number,
): Evictable[] {
  const { messagesMax } = policy.retention(next.meta);
  const over = count - Math.max(0, messagesMax - next.rows);
  let empty = 0;
  while (next.evictionQueue[empty]?.rank === 0) empty += 1;
  const recycled = Math.min(count, Math.max(over, empty));
  if (next.evictionQueue.length < recycled)
    policy.refillQueue(next, store, now, Math.max(recycled, QUEUE_IN_MEMORY_MAX));
  return next.evictionQueue.splice(0, recycled);
}
