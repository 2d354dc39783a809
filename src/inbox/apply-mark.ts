// Changes of the state of messages: read, seen, archived, deleted.

import type { Checkpoint } from "../log/checkpoint.ts";
import { timeOf } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Flags } from "../log/row.ts";
import type { LogStore } from "../log/store.ts";
import type { Mark } from "../objects/inbox-rpc.ts";
import type { StateChange } from "../protocol/down.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import type { MarkFrame } from "../protocol/up.ts";
import { afterMarks, afterWatermark } from "./eviction-queue.ts";
import {
  count,
  type InboxMeta,
  isAlive,
  type State,
  stateOf,
  UNARCHIVED,
  type Watermark,
  withWatermark,
} from "./state.ts";

/** The result of a mark, for the frame to all devices. */
export interface Marked {
  since: number;
  to: number;
  states: StateChange[];
  removed: number[];
  /** Offsets of messages to send whole: a snapshot left them out, so a device may not hold them. */
  unarchived: number[];
}

export function markFromFrame({ type, epoch, target }: MarkFrame): Mark {
  switch (type) {
    case "read":
      return { epoch, target, read: true };
    case "unread":
      return { epoch, target, read: false };
    case "seen":
      return { epoch, target, seen: true };
    case "archive":
      return { epoch, target, archived: true };
    case "unarchive":
      return { epoch, target, archived: false };
    case "delete":
      return { epoch, target, remove: true };
  }
}

/** Applies a mark as one change of the log, at the next offset; null when nothing changed. */
export function applyMark(
  log: Log<InboxMeta>,
  change: Mark,
  clock: number,
  ageMs: number,
  /** Called inside the write, with the number of rows that it changes. */
  spent: Spent = () => undefined,
): Marked | null | Refusal {
  const now = log.now(clock);
  const current = log.at(now);
  if (change.epoch !== current.epoch)
    return refusal("other_epoch", "list the inbox again: its offsets have begun again", "epoch");
  const target = change.target;
  if ("offsets" in target) return markOffsets(log, target.offsets, change, now, ageMs, spent);
  const upTo = Math.min(target.upTo, current.head);
  const flag = change.read ? "read" : "seen";
  const watermark = current.meta[flag][current.meta[flag].length - 1];
  if (watermark !== undefined && upTo < watermark.upTo) {
    const offsets = log.store.flags().map(({ offset }) => offset);
    const below = offsets.filter((offset) => offset <= upTo);
    return markOffsets(log, below, change, now, ageMs, spent);
  }
  return markUpTo(log, upTo, flag, now, ageMs, spent);
}

type Spent = (meta: InboxMeta, rows: number) => void;

function markUpTo(
  log: Log<InboxMeta>,
  upTo: number,
  flag: "read" | "seen",
  now: number,
  ageMs: number,
  spent: Spent,
): Marked | null {
  const { head, meta } = log.at(now);
  if ((flag === "read" ? meta.unread : meta.unseen) === 0) {
    log.confirm();
    return null;
  }
  const changed = head + 1;
  const watermark: Watermark = { upTo, at: now, changed };
  const marks = { seen: meta.seen, read: meta.read, [flag]: withWatermark(meta[flag], watermark) };
  const counts = { unread: 0, unseen: 0, total: meta.total };
  // A mark up to the head leaves nothing to count, so no rows are read.
  if (upTo < head) {
    const left = { ...meta, ...marks, unread: 0, unseen: 0, total: 0 };
    for (const row of log.store.flags())
      if (isAlive(row, now, ageMs)) count(left, stateOf(row, left), 1);
    if (left.unread === meta.unread && left.unseen === meta.unseen) return null;
    counts.unread = left.unread;
    counts.unseen = left.unseen;
  } else if (flag === "seen") counts.unread = meta.unread;
  log.change(now, (next) => {
    next.head = changed;
    next.evictionQueue = afterWatermark(next.evictionQueue, upTo, flag);
    Object.assign(next.meta, marks, counts);
    spent(next.meta, 1);
  });
  const at = timeOf(now);
  const states: StateChange[] = [{ up_to: upTo, seen_at: at, changed }];
  if (flag === "read") states.push({ up_to: upTo, read_at: at, changed });
  return { since: head, to: changed, states, removed: [], unarchived: [] };
}

function markOffsets(
  log: Log<InboxMeta>,
  offsets: number[],
  change: Mark,
  now: number,
  ageMs: number,
  spent: Spent,
): Marked | null {
  const { head, oldest, meta } = log.at(now);
  const changed = head + 1;
  const touched = (log.store.exists() ? log.store.flagsOf([...new Set(offsets)]) : [])
    .filter((row) => row.offset >= oldest && isAlive(row, now, ageMs))
    .map((row) => ({ row, before: stateOf(row, meta) }))
    .map(({ row, before }) => ({ row, before, after: applied(before, change, now) }))
    .filter(({ before, after }) => change.remove || !isSame(before, after));
  if (touched.length === 0) return null;
  log.change(now, (next, store) => {
    next.head = changed;
    const marked = touched.map(({ row, after }) => ({
      offset: row.offset,
      state: change.remove ? null : after,
    }));
    Object.assign(next, afterMarks(next, marked));
    for (const each of touched) write(next, store, each, change, changed);
    spent(next.meta, touched.length + 1);
  });
  const removed = change.remove ? touched.map(({ row }) => row.offset) : [];
  const unarchived = touched.filter(({ before, after }) => isUnarchived(before, after));
  return {
    since: head,
    to: changed,
    states: statesOf(touched, change, changed),
    removed,
    unarchived: unarchived.map(({ row }) => row.offset),
  };
}

interface Touched {
  row: Flags;
  before: State;
  after: State;
}

function write(
  next: Checkpoint<InboxMeta>,
  store: LogStore,
  { row, before, after }: Touched,
  change: Mark,
  changed: number,
): void {
  count(next.meta, before, -1);
  if (change.remove) {
    store.blank(row.offset);
    next.meta.removed = changed;
    return;
  }
  count(next.meta, after, 1);
  const wasArchived = row.archived_at !== null && after.archived_at === null;
  const archived_at = wasArchived ? UNARCHIVED : after.archived_at;
  store.mark({ offset: row.offset, changed, ...after, archived_at });
}

const isUnarchived = (before: State, after: State) =>
  before.archived_at !== null && after.archived_at === null;

function applied(before: State, change: Mark, now: number): State {
  const after = { ...before };
  if (change.read === true) after.read_at ??= now;
  if (change.read === false) after.read_at = null;
  // Read implies seen.
  if (change.seen || change.read === true) after.seen_at ??= now;
  if (change.archived === true) after.archived_at ??= now;
  if (change.archived === false) after.archived_at = null;
  return after;
}

const isSame = (a: State, b: State) =>
  a.seen_at === b.seen_at && a.read_at === b.read_at && a.archived_at === b.archived_at;

/** Returns one entry for each flag, with only the messages in which the flag changed. */
function statesOf(touched: Touched[], change: Mark, changed: number): StateChange[] {
  if (change.remove) return [];
  return (["seen_at", "read_at", "archived_at"] as const).flatMap((flag) => {
    const moved = touched.filter(({ before, after }) => before[flag] !== after[flag]);
    const first = moved[0];
    if (first === undefined) return [];
    const at = first.after[flag];
    const offsets = moved.map(({ row }) => row.offset);
    return [{ offsets, [flag]: at === null ? null : timeOf(at), changed }];
  });
}
