// The ordered log both objects stand on: offsets and epoch, append, what is given up when it is
// full, ids remembered, the newest messages in memory. It never sees a socket.

import { type Cursor, EMPTY_EPOCH } from "../protocol/cursor.ts";
import { IDENTITIES_MAX, IDENTITY_MS } from "../protocol/limits.ts";
import {
  type Checkpoint,
  emptyCheckpoint,
  parseCheckpoint,
  printCheckpoint,
  VICTIMS_KEPT,
  type Victim,
} from "./checkpoint.ts";
import { type Draft, type Outcome, printEntry } from "./entry.ts";
import { type Entry, Ring } from "./ring.ts";
import type { Flags, LogStore, NewRow } from "./store.ts";

/** What an object decides about its log: how much it keeps, what goes first, what it counts. */
export interface Keep<Own> {
  readonly messagesMax: number;
  readonly ageMs: number;
  /** The state members of a new message, as text. */
  readonly newState: string;
  empty(): Own;
  copy(own: Own): Own;
  /** Whether there is something to keep though no message is left. */
  holds(own: Own): boolean;
  appended(next: Checkpoint<Own>, row: NewRow): void;
  /** Counts out what has expired or aged by now, and finds when that will next be so. */
  settle(next: Checkpoint<Own>, store: LogStore, now: number): void;
  /** At least so many rows to give up, the first to go first. */
  victims(next: Checkpoint<Own>, store: LogStore, now: number, count: number): Victim[];
  /** Takes leave of rows about to be overwritten; gives the offsets whose holders must be told. */
  evict(next: Checkpoint<Own>, store: LogStore, now: number, victims: Victim[]): number[];
  /** Which rows the alarm deletes. */
  sweepable(rows: Flags[], now: number): Flags[];
}

/** What one write added to the log, for the frame that tells of it. */
export interface Appended {
  since: number;
  to: number;
  entries: string[];
  /** Offsets given up from the middle; what went from the low end is below `oldest`. */
  removed: number[];
  outcomes: Outcome[];
}

export class Log<Own> {
  readonly store: LogStore;
  readonly #keep: Keep<Own>;
  readonly #newEpoch: () => string;
  readonly #ring = new Ring();
  #checkpoint: Checkpoint<Own> | null = null;
  #alarmToSet: number | null = null;

  constructor(store: LogStore, keep: Keep<Own>, newEpoch: () => string) {
    this.store = store;
    this.#keep = keep;
    this.#newEpoch = newEpoch;
  }

  /** Where the log stands, with what has expired by now counted out. */
  at(now: number): Checkpoint<Own> {
    const checkpoint = this.#load();
    if (checkpoint.due !== null && now >= checkpoint.due) {
      const next = this.#copy(checkpoint);
      this.#keep.settle(next, this.store, now);
      next.ageMs = this.#keep.ageMs;
      this.#checkpoint = next;
    }
    return this.#checkpoint as Checkpoint<Own>;
  }

  /**
   * Reads the last row again. An instance that has been replaced may still answer from memory;
   * touching storage makes it fail instead, so whoever joins the log calls this first.
   */
  confirm(): void {
    if (this.store.exists()) this.store.last();
  }

  /**
   * Stores the drafts in one atomic write, and each alone if that fails, so that a bad one fails
   * alone. Memory follows only after the write.
   */
  append(drafts: Draft[], now: number): Appended {
    try {
      return this.#append(drafts, now);
    } catch (cause) {
      if (drafts.length > 1) return joined(drafts.map((draft) => this.append([draft], now)));
      const head = this.at(now).head;
      console.error(JSON.stringify({ event: "append_failed", cause: String(cause) }));
      const outcomes = drafts.map(({ id }): Outcome => ({ status: "failed", id }));
      return { since: head, to: head, entries: [], removed: [], outcomes };
    }
  }

  /**
   * Changes what is stored, in one atomic write with a checkpoint of its own. When the head moves,
   * what the ring holds is no longer how things are, so it is emptied.
   */
  change<T>(now: number, write: (next: Checkpoint<Own>, store: LogStore) => T): T {
    const next = this.#copy(this.at(now));
    const head = next.head;
    const result = this.store.atomically(() => {
      this.store.prepare();
      const value = write(next, this.store);
      next.serial += 1;
      this.store.saveCheckpoint(printCheckpoint(next));
      return value;
    });
    this.#checkpoint = next;
    if (next.head !== head) this.#ring.clear(next.head);
    return result;
  }

  /** When to set the alarm for, if a publish made one necessary; asked when that is durable. */
  takeAlarm(): number | null {
    const alarm = this.#alarmToSet;
    this.#alarmToSet = null;
    return alarm;
  }

  /**
   * What the alarm does: deletes what has aged or expired, and everything if nothing is left to
   * keep. The row of the head is blanked at most, so that the head never goes back. Gives, when it is
   * done, whether the log begins anew.
   */
  async sweep(now: number): Promise<boolean> {
    if (!this.store.exists()) return false;
    const { identities, own, time } = this.at(now);
    const rows = this.store.flags();
    const gone = new Set(this.#keep.sweepable(rows, now).map(({ offset }) => offset));
    const kept = rows.filter(({ offset }) => !gone.has(offset));
    const remembers = identities !== null && now - time < IDENTITY_MS;
    if (kept.length === 0 && !remembers && !this.#keep.holds(own)) {
      await this.erase();
      return true;
    }
    const alarm = this.#nextAlarm(kept[0], remembers ? time + IDENTITY_MS : null, now);
    this.change(now, (next, store) => {
      const top = rows[rows.length - 1];
      for (const offset of gone) if (offset !== top?.offset) store.delete(offset);
      if (top !== undefined && gone.has(top.offset) && top.blank === 0) store.blank(top.offset);
      const first = kept[0] ?? top;
      next.rows = kept.length + (top !== undefined && gone.has(top.offset) ? 1 : 0);
      next.oldest = Math.max(next.oldest, first?.offset ?? next.head + 1);
      next.victims = [];
      next.alarm = alarm;
    });
    if (alarm !== null) await this.store.setAlarm(alarm);
    return false;
  }

  #nextAlarm(first: Flags | undefined, remembersUntil: number | null, now: number): number | null {
    const { ageMs } = this.#keep;
    if (first === undefined) return remembersUntil;
    return Math.max(first.time + ageMs, now + ageMs / ALARMS_PER_AGE_MAX);
  }

  /** Forgets everything, in memory at once and on disk when the promise resolves. */
  erase(): Promise<void> {
    const erased = this.store.erase();
    this.#checkpoint = emptyCheckpoint(this.#keep.empty(), this.#keep.ageMs);
    this.#alarmToSet = null;
    this.#ring.clear(0);
    return erased;
  }

  /** Whether a follower with this cursor can go on from it. */
  reaches(cursor: Cursor, now: number): boolean {
    const { epoch, head, lost } = this.at(now);
    const sameLog = cursor.epoch === epoch || (cursor.epoch === EMPTY_EPOCH && cursor.offset === 0);
    return sameLog && cursor.offset <= head && cursor.offset >= lost;
  }

  /** The entries after an offset if they are all in memory, or null. */
  recent(offset: number, now: number): string[] | null {
    this.at(now);
    const entries = this.#ring.since(offset);
    if (entries === null) return null;
    return entries
      .filter(({ expires }) => expires === null || expires > now)
      .map(({ text }) => text);
  }

  #load(): Checkpoint<Own> {
    if (this.#checkpoint === null) {
      const found = this.store.open().map((text) => parseCheckpoint<Own>(text));
      this.#checkpoint = found.reduce(
        (newest, each) => (each.serial > newest.serial ? each : newest),
        emptyCheckpoint(this.#keep.empty(), this.#keep.ageMs),
      );
      // A var that was changed may have ended what had not ended before.
      if (this.#checkpoint.ageMs !== this.#keep.ageMs) this.#checkpoint.due = 0;
      this.#ring.clear(this.#checkpoint.head);
    }
    return this.#checkpoint;
  }

  #copy(checkpoint: Checkpoint<Own>): Checkpoint<Own> {
    return {
      ...checkpoint,
      identities: checkpoint.identities && { ...checkpoint.identities },
      victims: [...checkpoint.victims],
      own: this.#keep.copy(checkpoint.own),
    };
  }

  #append(drafts: Draft[], now: number): Appended {
    const current = this.at(now);
    const next = this.#copy(current);
    const outcomes: Outcome[] = [];
    const entries: Entry[] = [];
    const removed: number[] = [];
    const take = () => {
      const rows: NewRow[] = [];
      for (const draft of drafts) outcomes.push(this.#take(draft, now, next, rows));
      for (const row of rows) {
        const offset = row.offset === LIVE_ONLY ? null : row.offset;
        const text = printEntry({ ...row, offset }, this.#keep.newState);
        entries.push({ offset: row.offset, text, expires: row.expires });
      }
      return rows.filter(({ offset }) => offset !== LIVE_ONLY);
    };
    if (drafts.every(({ ttl }) => ttl === 0)) take();
    else
      this.store.atomically(() => {
        this.store.prepare();
        if (next.epoch === EMPTY_EPOCH) next.epoch = this.#newEpoch();
        this.#place(take(), next, now, removed);
      });
    // When nothing was stored there is no epoch yet, whatever was minted.
    if (next.head !== current.head) this.#checkpoint = next;
    if (next.alarm !== current.alarm) this.#alarmToSet = next.alarm;
    for (const entry of entries) if (entry.offset !== LIVE_ONLY) this.#ring.push(entry);
    const texts = entries.map(({ text }) => text);
    return { since: current.head, to: next.head, entries: texts, removed, outcomes };
  }

  /** Gives a draft its offset, unless its id is known already. */
  #take(draft: Draft, now: number, next: Checkpoint<Own>, rows: NewRow[]): Outcome {
    const { id, body, ttl, category, identity } = draft;
    const time = Math.max(now, next.time);
    const expires = ttl === null ? null : time + ttl * 1000;
    if (ttl === 0) {
      rows.push({ offset: LIVE_ONLY, body, time, expires: null, category });
      return { status: "stored", id, offset: null, epoch: next.epoch };
    }
    if (identity !== null) {
      const known = next.identities && this.store.identity(identity.key, next.identities);
      if (known && now - known.at < IDENTITY_MS) {
        if (known.digest !== identity.digest) return { status: "mismatch", id };
        return { status: "duplicate", id, offset: known.offset, epoch: next.epoch };
      }
    }
    next.head += 1;
    next.time = time;
    rows.push({ offset: next.head, body, time, expires, category });
    if (identity !== null) this.#remember(identity, next, now);
    return { status: "stored", id, offset: next.head, epoch: next.epoch };
  }

  #remember(identity: { key: string; digest: string }, next: Checkpoint<Own>, now: number): void {
    const old = next.identities;
    const full = old !== null && old.count >= IDENTITIES_MAX / 2;
    const stale = old !== null && now - old.since >= IDENTITY_MS && old.count >= RENEW_COUNT_MIN;
    if (old === null || full || stale) {
      const table = old === null ? 0 : ((1 - old.table) as 0 | 1);
      this.store.renewIdentities(table);
      if (old === null) this.store.renewIdentities(1);
      next.identities = { table, since: now, count: 0 };
    }
    const identities = next.identities as NonNullable<typeof next.identities>;
    identities.count += 1;
    const { key, digest } = identity;
    this.store.remember(key, { offset: next.head, digest, at: now }, identities);
  }

  /** Writes the rows, in free places or in those of rows given up; the last one carries all we know. */
  #place(rows: NewRow[], next: Checkpoint<Own>, now: number, removed: number[]): void {
    const max = this.#keep.messagesMax;
    // A list may be longer than the log keeps: then its end displaces its beginning.
    for (let from = 0; from < rows.length; from += max) {
      const chunk = rows.slice(from, from + max);
      this.#shrink(next, now, removed);
      const victims = this.#give(chunk.length, next, now);
      removed.push(...this.#keep.evict(next, this.store, now, victims));
      if (next.rows === victims.length) next.oldest = (chunk[0] as NewRow).offset;
      next.rows += chunk.length - victims.length;
      for (const row of chunk) this.#keep.appended(next, row);
      // Set once in the life of a log, and again only if it was lost: a crash may come between.
      if (next.alarm === null || now > next.alarm + ALARM_LATE_MS)
        next.alarm = now + this.#keep.ageMs;
      next.serial += 1;
      this.store.write(chunk, victims, printCheckpoint(next));
    }
  }

  /** Makes good for a limit that was lowered, by and by. */
  #shrink(next: Checkpoint<Own>, now: number, removed: number[]): void {
    const surplus = Math.min(next.rows - this.#keep.messagesMax, SURPLUS_PER_WRITE_MAX);
    if (surplus <= 0) return;
    const listed = this.#keep.victims(next, this.store, now, surplus);
    removed.push(...this.#keep.evict(next, this.store, now, listed.slice(0, surplus)));
    for (const { offset } of listed.slice(0, surplus)) this.store.delete(offset);
    next.rows -= surplus;
    next.victims = [];
  }

  /** The rows that give their places to so many new ones: all that hold nothing, and what is over the limit. */
  #give(count: number, next: Checkpoint<Own>, now: number): Victim[] {
    const over = count - Math.max(0, this.#keep.messagesMax - next.rows);
    let empty = 0;
    while (next.victims[empty]?.rank === 0) empty += 1;
    const recycled = Math.min(count, Math.max(over, empty));
    if (next.victims.length < recycled)
      next.victims = this.#keep.victims(next, this.store, now, Math.max(recycled, VICTIMS_KEPT));
    return next.victims.splice(0, recycled);
  }
}

/** An alarm that is this late was lost: the platform's are late by a minute at most. */
const ALARM_LATE_MS = 3_600_000;
/** How often the alarm comes at most, in the time a message is kept. */
const ALARMS_PER_AGE_MAX = 8;

const SURPLUS_PER_WRITE_MAX = 100;

/** A table with fewer ids than this is not worth the rows that renewing it costs. */
const RENEW_COUNT_MIN = 500;

/** Stands for the offset of what is sent and not stored. */
const LIVE_ONLY = 0;

function joined(parts: Appended[]): Appended {
  return {
    since: parts[0]?.since ?? 0,
    to: parts[parts.length - 1]?.to ?? 0,
    entries: parts.flatMap(({ entries }) => entries),
    removed: parts.flatMap(({ removed }) => removed),
    outcomes: parts.flatMap(({ outcomes }) => outcomes),
  };
}
