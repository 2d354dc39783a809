// The batch of messages after a cursor of a log, in the form that members receive.

import type { Log } from "../log/log.ts";
import type { BatchEntry, LogBatch } from "../objects/member.ts";

/** The limits of one batch. The message that exceeds the UTF-16 units is the last of its batch. */
const BATCH_MESSAGES = 100;
const BATCH_UNITS_MAX = 1024 * 1024;

type Messages = Pick<LogBatch, "epoch" | "since" | "to" | "lost" | "oldest" | "entries">;

/**
 * Takes a cursor; reads from storage and returns the messages after it, up to `upTo` or until the batch
 * is full. `excluded` holds, by offset, the connection that must not receive the message.
 */
export function batchAfter<Meta>(
  log: Log<Meta>,
  since: number,
  now: number,
  excluded: ReadonlyMap<number, string>,
  upTo = Number.MAX_SAFE_INTEGER,
): Messages {
  const { epoch, head, lost, oldest } = log.at(now);
  const rows = since < head ? log.store.after(since, BATCH_MESSAGES) : [];
  const entries: BatchEntry[] = [];
  let to = Math.min(rows[BATCH_MESSAGES - 1]?.offset ?? head, upTo);
  let units = 0;
  for (const { offset, body, time, expires, category } of rows) {
    if (offset > upTo) break;
    if (units > BATCH_UNITS_MAX) {
      to = offset - 1;
      break;
    }
    if (body === null || offset < oldest || (expires !== null && expires <= now)) continue;
    entries.push({ offset, body, time, expires, category, exclude: excluded.get(offset) ?? null });
    units += body.length;
  }
  return { epoch, since, to, lost, oldest, entries };
}
