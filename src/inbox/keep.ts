// What an inbox keeps and what goes first when it is full: what holds nothing any more, then
// archived, then read, then the oldest.

import type { Checkpoint, Victim } from "../log/checkpoint.ts";
import type { Keep } from "../log/log.ts";
import type { Flags, LogStore, NewRow } from "../log/store.ts";
import type { Retention } from "../settings.ts";
import { count, type InboxOwn, isAlive, printState, type State, stateOf } from "./state.ts";

const FRESH: State = { seen_at: null, read_at: null, archived_at: null };

export class InboxKeep implements Keep<InboxOwn> {
  readonly messagesMax: number;
  readonly ageMs: number;
  readonly newState = printState(FRESH);

  constructor({ messagesMax, ageMs }: Retention) {
    this.messagesMax = messagesMax;
    this.ageMs = ageMs;
  }

  empty(): InboxOwn {
    return { unread: 0, unseen: 0, total: 0, removed: 0, seen: [], read: [], notBefore: null };
  }

  copy(own: InboxOwn): InboxOwn {
    return { ...own };
  }

  holds(own: InboxOwn): boolean {
    return own.notBefore !== null;
  }

  appended(next: Checkpoint<InboxOwn>, row: NewRow): void {
    count(next.own, FRESH, 1);
    next.due = Math.min(
      next.due ?? Number.MAX_SAFE_INTEGER,
      row.time + this.ageMs,
      row.expires ?? Number.MAX_SAFE_INTEGER,
    );
  }

  evicted(next: Checkpoint<InboxOwn>, { offset, rank, unseen, floor }: Victim): void {
    const { own } = next;
    if (rank >= 2) own.total -= 1;
    if (rank === 3) {
      own.unread -= 1;
      if (unseen) own.unseen -= 1;
      next.lost = Math.max(next.lost, offset);
    }
    if (rank > 0 && offset > floor) own.removed = next.head;
  }

  /** One look at all rows: counts anew, when the next one ends, and who is to go first. */
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
    next.victims = this.#ranked(rows, own, now);
  }

  victims(next: Checkpoint<InboxOwn>, store: LogStore, now: number): Victim[] {
    return this.#ranked(store.flags(), next.own, now);
  }

  #ranked(rows: Flags[], own: InboxOwn, now: number): Victim[] {
    const ranked = rows.map((row): Victim => {
      const state = stateOf(row, own);
      const rank = this.#rankOf(row, state, now);
      return { offset: row.offset, rank, unseen: state.seen_at === null, floor: 0 };
    });
    const victims = ranked.toSorted((a, b) => a.rank - b.rank || a.offset - b.offset);
    const gone = new Set<number>();
    let lowest = 0;
    for (const victim of victims) {
      gone.add(victim.offset);
      while (lowest < rows.length && gone.has((rows[lowest] as Flags).offset)) lowest += 1;
      victim.floor = rows[lowest]?.offset ?? victim.offset + 1;
    }
    return victims;
  }

  #rankOf(row: Flags, state: State, now: number): Victim["rank"] {
    if (!isAlive(row, now, this.ageMs)) return 0;
    if (state.archived_at !== null) return 1;
    return state.read_at !== null ? 2 : 3;
  }
}

const isUnread = (row: Flags, state: State) =>
  row.blank === 0 && state.read_at === null && state.archived_at === null;

/** Whether its own ttl ended a message before its age did. */
const endedFirst = (row: Flags, ageMs: number) =>
  row.expires !== null && row.expires <= row.time + ageMs;
