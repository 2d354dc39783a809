// The retention of an inbox: its counts, and the order of eviction when it is full. Rows that hold no message
// any more go first, then archived messages, then read ones, then the oldest.

import {
  type Checkpoint,
  NO_OTHERS,
  UNKNOWN,
  VICTIMS_KNOWN,
  type Victim,
} from "../log/checkpoint.ts";
import type { Keep } from "../log/keep.ts";
import type { Flags, NewRow } from "../log/row.ts";
import type { LogStore } from "../log/store.ts";
import { hasNotification } from "../protocol/notification.ts";
import type { Retention } from "../settings/retention.ts";
import type { FollowCursors } from "./cursors.ts";
import { count, type InboxOwn, isAlive, printState, rankOf, type State, stateOf } from "./state.ts";
import { inTurn } from "./victims.ts";

const newStateOf = ({ read_at }: Pick<NewRow, "read_at">): State => ({
  ...{ seen_at: read_at, read_at, archived_at: null },
});

const FRESH_STATE = printState(newStateOf({ read_at: null }));

export class InboxKeep implements Keep<InboxOwn> {
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

  empty(): InboxOwn {
    return {
      ...{ unread: 0, unseen: 0, total: 0, removed: 0, seen: [], read: [] },
      ...{ notBefore: null, follows: 0 },
    };
  }

  copy(own: InboxOwn): InboxOwn {
    return { ...own };
  }

  holds(own: InboxOwn): boolean {
    return own.notBefore !== null || own.follows > 0;
  }

  appended(next: Checkpoint<InboxOwn>, row: NewRow): void {
    count(next.own, newStateOf(row), 1);
    if (next.rest === NO_OTHERS) next.rest = row.offset;
    next.due = Math.min(
      next.due ?? Number.MAX_SAFE_INTEGER,
      row.time + this.ageMs,
      row.expires ?? Number.MAX_SAFE_INTEGER,
    );
  }

  evict(next: Checkpoint<InboxOwn>, store: LogStore, _now: number, victims: Victim[]): number[] {
    const { own } = next;
    const gone = new Set(victims.map(({ offset }) => offset));
    this.#cursors.leave(victims.filter(({ last }) => last).map(({ offset }) => offset));
    for (const { offset, rank, unseen } of victims) {
      if (rank >= 2) own.total -= 1;
      if (rank === 3) own.unread -= 1;
      if (rank === 3 && unseen) own.unseen -= 1;
      if (rank === 3 || (rank === 2 && unseen)) next.lost = Math.max(next.lost, offset);
    }
    if (gone.has(next.oldest)) next.oldest = lowestAbove(next, store, gone) ?? next.head;
    // A client drops every message below `oldest` by itself; the other removed rows must be named to it.
    const removed = victims.filter(({ offset, rank }) => rank > 0 && offset > next.oldest);
    if (removed.length > 0) own.removed = next.head;
    return removed.map(({ offset }) => offset);
  }

  /** Scans all rows: recomputes the counts, the next expiry, and the eviction queue. */
  settle(next: Checkpoint<InboxOwn>, store: LogStore, now: number): void {
    const rows = store.flags();
    const { own } = next;
    own.unread = 0;
    own.unseen = 0;
    own.total = 0;
    next.due = null;
    for (const row of rows) {
      const state = stateOf(row, own);
      const aged = row.time <= now - this.ageMs;
      if (isAlive(row, now, this.ageMs)) {
        count(own, state, 1);
        const ends = Math.min(row.time + this.ageMs, row.expires ?? Number.MAX_SAFE_INTEGER);
        next.due = Math.min(next.due ?? ends, ends);
      } else if (aged && isUnread(row, state) && !endedFirst(row, this.ageMs))
        next.lost = Math.max(next.lost, row.offset);
    }
    const first = rows.find((row) => row.time > now - this.ageMs);
    next.oldest = Math.max(next.oldest, first?.offset ?? next.head + 1);
    this.#lineUp(rows, next, now, VICTIMS_KNOWN);
  }

  lineUp(next: Checkpoint<InboxOwn>, store: LogStore, now: number, count: number): void {
    this.#lineUp(store.flags(), next, now, count);
  }

  sweepable(rows: Flags[], _own: InboxOwn, now: number): Flags[] {
    return rows.filter((row) => !isAlive(row, now, this.ageMs));
  }

  swept(rows: Flags[], gone: Set<number>): void {
    this.#cursors.leave([...lastOfTopics(rows)].filter((offset) => gone.has(offset)));
  }

  #lineUp(rows: Flags[], next: Checkpoint<InboxOwn>, now: number, count: number): void {
    const { own, oldest } = next;
    const lasts = lastOfTopics(rows);
    const ranked = rows
      .map((row): Victim => {
        const state = stateOf(row, own);
        const rank = isAlive(row, now, this.ageMs) ? rankOf(state) : 0;
        const last = lasts.has(row.offset);
        const unseen = state.seen_at === null || (rank === 2 && isReadFromStart(row));
        return { offset: row.offset, rank, unseen, last };
      })
      .sort(inTurn);
    next.victims = ranked.slice(0, count);
    const others = ranked.slice(count).filter(({ offset }) => offset >= oldest);
    next.rest = lowestOf(others) ?? NO_OTHERS;
  }
}

/** Returns the newest row of each topic. That row carries the cursor of the follow. */
function lastOfTopics(rows: Flags[]): Set<number> {
  const lasts = new Map<string, number>();
  for (const { topic, offset } of rows) if (topic !== null) lasts.set(topic, offset);
  return new Set(lasts.values());
}

const lowestOf = (victims: Victim[]) =>
  victims.reduce<number | null>((low, { offset }) => Math.min(low ?? offset, offset), null);

/**
 * Returns the lowest offset that stays when the rows of `gone` leave; null for none. Reads rows only when the
 * checkpoint does not know it.
 */
function lowestAbove(
  { oldest, victims, rest }: Checkpoint<InboxOwn>,
  store: LogStore,
  gone: Set<number>,
): number | null {
  if (rest !== UNKNOWN) {
    const lowest = Math.min(rest, lowestOf(victims.filter((v) => v.offset > oldest)) ?? rest);
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
