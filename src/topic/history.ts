// Reads of a topic's log: the messages after a cursor, from a time on, or the newest.

import { printEntry } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Row } from "../log/row.ts";
import type { HistoryQuery } from "../objects/topic-rpc.ts";
import { printCursor } from "../protocol/cursor.ts";
import { REPLAY_UNITS_MAX } from "../protocol/limits.ts";
import type { HistorySince } from "../protocol/since.ts";
import type { TopicMeta } from "./log-policy.ts";

/**
 * Returns `{"messages":[…],"recovered":…,"cursor":"…","next":…}` in the order of the log. `cursor` is the
 * position to continue from; `next` is the cursor of the next page, or null.
 */
export function history(log: Log<TopicMeta>, query: HistoryQuery, now: number): string {
  const { epoch, head } = log.at(now);
  const { limit, unitsMax = Number.POSITIVE_INFINITY } = query;
  if (query.since === null) {
    const before = query.before ?? head + 1;
    const messages = newest(log, before, limit, now, unitsMax);
    return printPage(messages, true, printCursor(epoch, head), null);
  }
  const { offset, recovered } = beginOf(log, query.since, now);
  const page: string[] = [];
  let units = 0;
  let last = offset;
  for (const row of keptAfter(log, offset, now)) {
    if (page.length === limit || units > unitsMax) {
      const next = printCursor(epoch, last);
      return printPage(page, recovered, next, next);
    }
    const text = print(row);
    page.push(text);
    units += text.length;
    last = row.offset;
  }
  return printPage(page, recovered, printCursor(epoch, Math.max(head, offset)), null);
}

/**
 * Returns the messages after an offset, from memory where possible; null when they are too many for one
 * replay.
 */
export function entriesAfter(log: Log<TopicMeta>, offset: number, now: number): string[] | null {
  const recent = log.recent(offset, now);
  if (recent !== null) return recent;
  const entries: string[] = [];
  let units = 0;
  for (const row of keptAfter(log, offset, now)) {
    const text = print(row);
    units += text.length;
    if (units > REPLAY_UNITS_MAX) return null;
    entries.push(text);
  }
  return entries;
}

/** Returns the message at an offset, or null when none is kept there. */
export function messageAt(log: Log<TopicMeta>, offset: number, now: number): string | null {
  const row =
    offset >= log.at(now).oldest && log.store.exists() ? log.store.one(offset) : undefined;
  return row !== undefined && isKept(row, now) ? print(row) : null;
}

/** Returns the newest messages below an offset, in the order of the log. */
export function newest(
  log: Log<TopicMeta>,
  before: number,
  limit: number,
  now: number,
  unitsMax = Number.POSITIVE_INFINITY,
): string[] {
  if (!log.store.exists()) return [];
  const { oldest } = log.at(now);
  const found: string[] = [];
  let units = 0;
  for (const row of log.store.before(before)) {
    if (found.length === limit || units > unitsMax || row.offset < oldest) break;
    if (!isKept(row, now)) continue;
    const text = print(row);
    units += text.length;
    found.push(text);
  }
  return found.reverse();
}

/** Yields the rows after an offset that have neither aged nor expired. Reads them in pieces. */
function* keptAfter(log: Log<TopicMeta>, offset: number, now: number): Generator<KeptRow> {
  if (!log.store.exists()) return;
  let after = Math.max(offset, log.at(now).oldest - 1);
  for (;;) {
    const rows = log.store.after(after, ROWS_PER_PIECE);
    for (const row of rows) if (isKept(row, now)) yield row;
    if (rows.length < ROWS_PER_PIECE) return;
    after = (rows[rows.length - 1] as Row).offset;
  }
}

/** A full page and one row more, which shows that there is a next page. */
const ROWS_PER_PIECE = 101;

type KeptRow = Row & { body: string };

function isKept(row: Row, now: number): row is KeptRow {
  return row.body !== null && (row.expires === null || row.expires > now);
}

const print = (row: Row) => printEntry(row as KeptRow, "");

function printPage(
  messages: string[],
  recovered: boolean,
  cursor: string,
  next: string | null,
): string {
  return `{"messages":[${messages.join(",")}],"recovered":${recovered},"cursor":"${cursor}","next":${JSON.stringify(next)}}`;
}

/**
 * Returns the offset after which a history begins, and whether all messages that were asked for are kept.
 */
export function beginOf(
  log: Log<TopicMeta>,
  since: HistorySince,
  now: number,
): { offset: number; recovered: boolean } {
  const { oldest, lost, head, ageMs } = log.at(now);
  if ("epoch" in since) {
    const recovered = log.reaches(since, now);
    return { offset: recovered ? since.offset : oldest - 1, recovered };
  }
  const lowest = log.store.exists() ? log.store.first() : undefined;
  const first = lowest && log.store.firstAt(since.time);
  // The oldest messages go first: while one from before the time is kept, none after it was lost.
  // Otherwise the history is complete only if no message was ever lost and the time is within the topic's
  // age. A message that has aged counts as not kept, even while its row is there.
  const isOlderKept = lowest !== undefined && lowest.offset >= oldest && lowest.time < since.time;
  const recovered = isOlderKept || (lost === 0 && since.time > now - ageMs);
  return { offset: first === undefined ? head : first.offset - 1, recovered };
}
