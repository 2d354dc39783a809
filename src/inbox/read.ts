// The reads of an inbox: a page, a snapshot, or all changes since a cursor.

import { printEntry, timeOf } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Row } from "../log/row.ts";
import type { ListQuery } from "../objects/inbox-rpc.ts";
import { printCursor } from "../protocol/cursor.ts";
import type { MessagesDraft, StateChange } from "../protocol/down.ts";
import { REPLAY_UNITS_MAX, SNAPSHOT_MESSAGES } from "../protocol/limits.ts";
import type { Counts } from "../protocol/message.ts";
import { replayStart } from "../socket/upgrade.ts";
import { type InboxMeta, isAlive, printState, stateOf, UNARCHIVED } from "./state.ts";

export function countsOf({ unread, unseen, total }: InboxMeta): Counts {
  return { unread, unseen, total };
}

/**
 * Returns the text of `{"notifications":[…],"counts":…,"cursor":…,"next":…}`, newest first; `next` is the
 * `before` of the next page, or null. With `since` it returns all changes instead, as a `messages` frame has
 * them, with `recovered`.
 */
export function list(log: Log<InboxMeta>, query: ListQuery, clock: number, ageMs: number): string {
  const now = log.now(clock);
  const { epoch, head, meta } = log.at(now);
  const counts = JSON.stringify(countsOf(meta));
  const cursor = printCursor(epoch, head);
  if (query.since !== null) {
    log.confirm();
    const recovered = log.reaches(query.since, now);
    const start = recovered ? replayStart(query.since, epoch) : null;
    const draft = start === null ? snapshot(log, now, ageMs) : replay(log, start, now, ageMs);
    const { messages, states = [], removed = [], oldest } = draft ?? snapshot(log, now, ageMs);
    const kept = recovered && draft !== null;
    return `{"notifications":[${messages.join(",")}],"states":${JSON.stringify(states)},"removed":${JSON.stringify(removed)},"oldest":${oldest},"recovered":${kept},"counts":${counts},"cursor":"${cursor}","next":null}`;
  }
  const page: string[] = [];
  let units = 0;
  let next: number | null = null;
  for (const row of rowsBefore(log, query.before ?? head + 1)) {
    if (!isListed(row, query, log, now, ageMs)) continue;
    if (page.length === query.limit || units > (query.unitsMax ?? Number.POSITIVE_INFINITY)) {
      next = row.offset + 1;
      break;
    }
    const text = print(row, meta);
    units += text.length;
    page.push(text);
  }
  return `{"notifications":[${page.join(",")}],"counts":${counts},"cursor":"${cursor}","next":${next}}`;
}

/** Returns the newest messages that are not archived. They replace all that a device holds. */
export function snapshot(log: Log<InboxMeta>, now: number, ageMs: number): MessagesDraft {
  const { epoch, head, oldest, meta } = log.at(now);
  const messages: string[] = [];
  for (const row of rowsBefore(log, head + 1)) {
    if (messages.length === SNAPSHOT_MESSAGES) break;
    if (isMessage(row, now, ageMs) && stateOf(row, meta).archived_at === null)
      messages.push(print(row, meta));
  }
  messages.reverse();
  return { epoch, since: null, to: head, snapshot: true, messages, oldest, counts: countsOf(meta) };
}

/** Removals that a replay names one by one. With more of them a snapshot is shorter. */
const REMOVED_MAX = 1_000;

/** Changes of state that a replay lists one by one. With more of them a snapshot is shorter. */
const STATES_MAX = 1_000;

/** Returns the whole messages at these offsets, as JSON texts; deleted ones are left out. */
export function wholeMessages(log: Log<InboxMeta>, offsets: number[], now: number): string[] {
  const { meta } = log.at(now);
  return offsets.flatMap((offset) => {
    const row = log.store.one(offset);
    return row?.body == null ? [] : [print(row, meta)];
  });
}

/** Returns the changes after an offset in the log's reach; null when a snapshot is shorter. */
export function replay(
  log: Log<InboxMeta>,
  since: number,
  now: number,
  ageMs: number,
): MessagesDraft | null {
  const { epoch, head, oldest, meta } = log.at(now);
  const base = { epoch, since, to: head, oldest, counts: countsOf(meta) };
  const recent = meta.removed > since ? null : log.recent(since, now);
  if (recent !== null) return { ...base, messages: recent };
  const rows = [...rowsBefore(log, head + 1)].reverse();
  const alive = rows.filter((row) => isMessage(row, now, ageMs));
  // A snapshot leaves out archived messages, so the device may lack those that were unarchived since.
  const isToldWhole = (row: Row) =>
    row.offset > since || (row.archived_at === UNARCHIVED && (row.changed ?? 0) > since);
  const messages = alive.filter(isToldWhole).map((row) => print(row, meta));
  const states = statesSince(
    alive.filter((row) => !isToldWhole(row)),
    meta,
    since,
  );
  const units = messages.reduce((sum, text) => sum + text.length, 0);
  if (states.length > STATES_MAX || units > REPLAY_UNITS_MAX) return null;
  if (meta.removed <= since) return { ...base, messages, states };
  const held = new Set(alive.map(({ offset }) => offset));
  const removed: number[] = [];
  for (let offset = oldest; offset <= since; offset++) {
    if (held.has(offset)) continue;
    if (removed.length === REMOVED_MAX) return null;
    removed.push(offset);
  }
  return { ...base, messages, states, removed };
}

/** Returns the changes of state after an offset, of older messages, in their order. */
function statesSince(rows: Row[], meta: InboxMeta, since: number): StateChange[] {
  const time = (ms: number | null) => (ms === null ? null : timeOf(ms));
  const byRow = rows
    .filter(({ changed }) => changed !== null && changed > since)
    .map((row): StateChange => {
      const state = stateOf(row, meta);
      return {
        offsets: [row.offset],
        seen_at: time(state.seen_at),
        read_at: time(state.read_at),
        archived_at: time(state.archived_at),
        changed: row.changed as number,
      };
    });
  const byMark = (["seen", "read"] as const).flatMap((flag) =>
    meta[flag]
      .filter(({ changed }) => changed > since)
      .flatMap(({ upTo, at, changed }): StateChange[] => {
        const seen = { up_to: upTo, seen_at: timeOf(at), changed };
        return flag === "seen" ? [seen] : [seen, { up_to: upTo, read_at: timeOf(at), changed }];
      }),
  );
  return [...byRow, ...byMark].sort((a, b) => a.changed - b.changed);
}

type MessageRow = Row & { body: string };

function rowsBefore(log: Log<InboxMeta>, offset: number): Iterable<Row> {
  return log.store.exists() ? log.store.before(offset) : [];
}

function isMessage(row: Row, now: number, ageMs: number): row is MessageRow {
  return isAlive({ ...row, blank: row.body === null ? 1 : 0 }, now, ageMs);
}

function isListed(
  row: Row,
  query: ListQuery,
  log: Log<InboxMeta>,
  now: number,
  ageMs: number,
): row is MessageRow {
  if (!isMessage(row, now, ageMs)) return false;
  if (query.category !== null && row.category !== query.category) return false;
  const state = stateOf(row, log.at(now).meta);
  switch (query.state) {
    case "all":
      return true;
    case "archived":
      return state.archived_at !== null;
    case "unread":
      return state.archived_at === null && state.read_at === null;
    case "unseen":
      return state.archived_at === null && state.seen_at === null;
    case "read":
      return state.archived_at === null && state.read_at !== null;
    case null:
      return state.archived_at === null;
  }
}

function print(row: Row, meta: InboxMeta): string {
  return printEntry(row as MessageRow, printState(stateOf(row, meta)));
}
