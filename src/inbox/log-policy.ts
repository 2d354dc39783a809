// The retention of an inbox: its counts, and the order of eviction when it is full. Rows that hold no message
// any more go first, then archived messages, then read ones, then the oldest.

import {
  type Checkpoint,
  type Evictable,
  NO_OTHERS,
  QUEUE_IN_MEMORY_MAX,
  UNKNOWN,
} from "../log/checkpoint.ts";
import type { LogPolicy } from "../log/log-policy.ts";
import type { Flags, NewRow } from "../log/row.ts";
import type { LogStore } from "../log/store.ts";
import { hasNotification } from "../protocol/notification.ts";
import type { Retention } from "../settings/retention.ts";
import { byEvictionOrder } from "./eviction-queue.ts";
import type { FollowCursors } from "./follow-cursors.ts";
import {
  count,
  type InboxMeta,
  isAlive,
  printState,
  rankOf,
  type State,
  stateOf,
} from "./state.ts";

const newStateOf = ({ read_at }: Pick<NewRow, "read_at">): State => ({
  ...{ seen_at: read_at, read_at, archived_at: null },
});

const FRESH_STATE = printState(newStateOf({ read_at: null }));

export class InboxPolicy implements LogPolicy<InboxMeta> {
  readonly ageMs: number;
  readonly #retention: Retention;
  readonly #cursors: FollowCursors;

  constructor(retention: Retention, cursors: FollowCursors) {
    this.#retention = retention;
    this.ageMs = retention.ageMs;
    this.#cursors = cursors;
  }

  /**
   * Returns the state that a new message begins with, as text. A message without a notification begins as
   * seen and read, because nobody would ever mark it.
   */
  newState(row: NewRow): string {
    if (hasNotification(row.body)) return FRESH_STATE;
    row.read_at = row.time;
    return printState(newStateOf(row));
  }

  retention(): Retention {
    return this.#retention;
  }

  empty(): InboxMeta {
    return {
      ...{ unread: 0, unseen: 0, total: 0, removed: 0, seen: [], read: [] },
      ...{ notBefore: null, follows: 0 },
    };
  }

  copy(meta: InboxMeta): InboxMeta {
    return { ...meta };
  }

  mustKeep(meta: InboxMeta): boolean {
    return meta.notBefore !== null || meta.follows > 0;
  }

  onAppend(next: Checkpoint<InboxMeta>, row: NewRow): void {
    count(next.meta, newStateOf(row), 1);
    if (next.lowestUnqueued === NO_OTHERS) next.lowestUnqueued = row.offset;
    next.due = Math.min(
      next.due ?? Number.MAX_SAFE_INTEGER,
      row.time + this.ageMs,
      row.expires ?? Number.MAX_SAFE_INTEGER,
    );
  }

  onEvict(
    next: Checkpoint<InboxMeta>,
    store: LogStore,
    _now: number,
    evicted: Evictable[],
  ): number[] {
    const { meta } = next;
    const gone = new Set(evicted.map(({ offset }) => offset));
    this.#cursors.leave(
      evicted.filter(({ mayCarryCursor }) => mayCarryCursor).map(({ offset }) => offset),
    );
    for (const { offset, rank, unseen } of evicted) {
      if (rank >= 2) meta.total -= 1;
      if (rank === 3) meta.unread -= 1;
      if (rank === 3 && unseen) meta.unseen -= 1;
      if (rank === 3 || (rank === 2 && unseen)) next.lost = Math.max(next.lost, offset);
    }
    if (gone.has(next.oldest)) next.oldest = lowestAbove(next, store, gone) ?? next.head;
    // A client drops every message below `oldest` by itself; the other removed rows must be named to it.
    const removed = evicted.filter(({ offset, rank }) => rank > 0 && offset > next.oldest);
    if (removed.length > 0) meta.removed = next.head;
    return removed.map(({ offset }) => offset);
  }

  /** Scans all rows: recomputes the counts, the next expiry, and the eviction queue. */
  expire(next: Checkpoint<InboxMeta>, store: LogStore, now: number): void {
    const rows = store.flags();
    const { meta } = next;
    meta.unread = 0;
    meta.unseen = 0;
    meta.total = 0;
    next.due = null;
    for (const row of rows) {
      const state = stateOf(row, meta);
      const aged = row.time <= now - this.ageMs;
      if (isAlive(row, now, this.ageMs)) {
        count(meta, state, 1);
        const ends = Math.min(row.time + this.ageMs, row.expires ?? Number.MAX_SAFE_INTEGER);
        next.due = Math.min(next.due ?? ends, ends);
      } else if (aged && isUnread(row, state) && !endedFirst(row, this.ageMs))
        next.lost = Math.max(next.lost, row.offset);
    }
    const first = rows.find((row) => row.time > now - this.ageMs);
    next.oldest = Math.max(next.oldest, first?.offset ?? next.head + 1);
    this.#lineUp(rows, next, now, QUEUE_IN_MEMORY_MAX);
  }

  refillQueue(next: Checkpoint<InboxMeta>, store: LogStore, now: number, count: number): void {
    this.#lineUp(store.flags(), next, now, count);
  }

  rowsToSweep(rows: Flags[], _own: InboxMeta, now: number): Flags[] {
    return rows.filter((row) => !isAlive(row, now, this.ageMs));
  }

  onSweep(rows: Flags[], gone: Set<number>): void {
    this.#cursors.leave([...lastOfTopics(rows)].filter((offset) => gone.has(offset)));
  }

  #lineUp(rows: Flags[], next: Checkpoint<InboxMeta>, now: number, count: number): void {
    const { meta, oldest } = next;
    const lasts = lastOfTopics(rows);
    const ranked = rows
      .map((row): Evictable => {
        const state = stateOf(row, meta);
        const rank = isAlive(row, now, this.ageMs) ? rankOf(state) : 0;
        const mayCarryCursor = lasts.has(row.offset);
        const unseen = state.seen_at === null || (rank === 2 && isReadFromStart(row));
        return { offset: row.offset, rank, unseen, mayCarryCursor };
      })
      .sort(byEvictionOrder);
    next.evictionQueue = ranked.slice(0, count);
    const others = ranked.slice(count).filter(({ offset }) => offset >= oldest);
    next.lowestUnqueued = lowestOf(others) ?? NO_OTHERS;
  }
}

/** Returns the newest row of each topic. That row carries the cursor of the follow. */
function lastOfTopics(rows: Flags[]): Set<number> {
  const lasts = new Map<string, number>();
  for (const { topic, offset } of rows) if (topic !== null) lasts.set(topic, offset);
  return new Set(lasts.values());
}

const lowestOf = (rows: Evictable[]) =>
  rows.reduce<number | null>((low, { offset }) => Math.min(low ?? offset, offset), null);

/**
 * Returns the lowest offset that stays when the rows of `gone` leave; null for none. Reads rows only when the
 * checkpoint does not know it.
 */
function lowestAbove(
  { oldest, evictionQueue, lowestUnqueued }: Checkpoint<InboxMeta>,
  store: LogStore,
  gone: Set<number>,
): number | null {
  if (lowestUnqueued !== UNKNOWN) {
    const lowest = Math.min(
      lowestUnqueued,
      lowestOf(evictionQueue.filter((row) => row.offset > oldest)) ?? lowestUnqueued,
    );
    return lowest === NO_OTHERS ? null : lowest;
  }
  let next = store.next(oldest);
  while (next !== null && gone.has(next)) next = store.next(next);
  return next;
}

const isUnread = (row: Flags, state: State) =>
  row.blank === 0 && state.archived_at === null && (state.read_at === null || isReadFromStart(row));

/**
 * Whether a message counts as read from the start, for lack of a notification, and nobody has marked it.
 * Nothing then shows whether any device has received it.
 */
const isReadFromStart = ({ changed, read_at }: Flags) => changed === null && read_at !== null;

/** Whether the ttl of a message ended it before its age did. */
const endedFirst = (row: Flags, ageMs: number) =>
  row.expires !== null && row.expires <= row.time + ageMs;
