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
import { Ring } from "./ring.ts";
import type { Flags, LogStore, NewRow } from "./store.ts";

/** What an object decides about its log: how much it keeps, what goes first, what it counts. */
export interface Keep<Own> {
  readonly messagesMax: number;
  readonly ageMs: number;
  /** The state members of a new message, as text. */
  readonly newState: string;
  empty(): Own;
  copy(own: Own): Own;
  appended(next: Checkpoint<Own>, row: NewRow): void;
  evicted(next: Checkpoint<Own>, victim: Victim): void;
  /** Counts out what has expired or aged by now, and finds when that will next be so. */
  settle(next: Checkpoint<Own>, store: LogStore, now: number): void;
  /** Whether there is something to keep though no message is left. */
  holds(own: Own): boolean;
  /** At least so many rows to give up, the first to go first. */
  victims(next: Checkpoint<Own>, store: LogStore, now: number, count: number): Victim[];
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
    const { ageMs } = this.#keep;
    const { head, identities, own } = this.at(now);
    const rows = this.store.flags();
    const isGone = (row: Flags) =>
      row.blank === 1 || row.time <= now - ageMs || (row.expires !== null && row.expires <= now);
    const kept = rows.filter((row) => !isGone(row));
    const remembers = identities !== null && now - identities.since < 2 * IDENTITY_MS;
    if (kept.length === 0 && !remembers && !this.#keep.holds(own)) {
      await this.erase();
      return true;
    }
    const first = kept[0]?.time ?? now;
    const alarm = Math.max(first + ageMs, now + ageMs / ALARMS_PER_AGE_MAX);
    this.change(now, (next, store) => {
      const top = rows[rows.length - 1]?.offset;
      for (const row of rows.filter(isGone))
        if (row.offset !== top) store.delete(row.offset);
        else if (row.blank === 0) store.blank(row.offset, head);
      next.rows =
        kept.length + (top !== undefined && kept[kept.length - 1]?.offset !== top ? 1 : 0);
      next.victims = [];
      next.alarm = alarm;
    });
    await this.store.setAlarm(alarm);
    return false;
  }

  /** Forgets everything, in memory at once and on disk when the promise resolves. */
  erase(): Promise<void> {
    const erased = this.store.erase();
    this.#checkpoint = emptyCheckpoint(this.#keep.empty());
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
      const found = this.store.exists()
        ? this.store.checkpoints().map((text) => parseCheckpoint<Own>(text))
        : [];
      this.#checkpoint = found.reduce(
        (newest, each) => (each.serial > newest.serial ? each : newest),
        emptyCheckpoint(this.#keep.empty()),
      );
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
    const appended: Appended = {
      since: current.head,
      to: current.head,
      entries: [],
      removed: [],
      outcomes: [],
    };
    const rows: NewRow[] = [];
    const take = () => {
      for (const draft of drafts) appended.outcomes.push(this.#take(draft, now, next, rows));
    };
    if (drafts.every(({ ttl }) => ttl === 0)) take();
    else
      this.store.atomically(() => {
        this.store.prepare();
        if (next.epoch === EMPTY_EPOCH) next.epoch = this.#newEpoch();
        take();
        this.#place(
          rows.filter(({ offset }) => offset > 0),
          next,
          now,
          appended.removed,
        );
      });
    for (const row of rows) {
      const live = row.offset === LIVE_ONLY;
      const text = printEntry({ ...row, offset: live ? null : row.offset }, this.#keep.newState);
      appended.entries.push(text);
      if (!live) this.#ring.push({ offset: row.offset, text, expires: row.expires });
    }
    appended.to = next.head;
    // When nothing was stored there is no epoch yet, whatever was minted.
    if (next.head !== current.head) this.#checkpoint = next;
    return appended;
  }

  /** Gives a draft its offset, unless its id is known already. */
  #take(draft: Draft, now: number, next: Checkpoint<Own>, rows: NewRow[]): Outcome {
    const { id, body, ttl, category, identity } = draft;
    const time = Math.max(now, next.time);
    const expires = ttl === null ? null : time + ttl * 1000;
    if (ttl === 0) {
      rows.push({ offset: LIVE_ONLY, body, time, expires, category });
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
    if (old === null || full || now - old.since >= IDENTITY_MS) {
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
      const free = Math.max(0, max - next.rows);
      const spare = next.victims.findIndex(({ rank }) => rank > 0);
      const empty = spare === -1 ? next.victims.length : spare;
      const recycled = Math.min(chunk.length, Math.max(chunk.length - free, empty));
      if (next.victims.length < recycled)
        next.victims = this.#keep.victims(next, this.store, now, Math.max(recycled, VICTIMS_KEPT));
      const victims = next.victims.splice(0, recycled);
      next.rows += chunk.length - victims.length;
      for (const victim of victims) {
        // Who holds it learns that it is gone; what is below `oldest` needs no name.
        if (victim.rank > 0 && victim.offset > victim.floor) removed.push(victim.offset);
        next.oldest = Math.max(next.oldest, Math.min(victim.floor, (chunk[0] as NewRow).offset));
        this.#keep.evicted(next, victim);
      }
      for (const row of chunk) this.#keep.appended(next, row);
      // Set once in the life of a log, and again only if it was lost: a crash may come between.
      if (next.alarm === null || now > next.alarm + ALARM_LATE_MS) {
        next.alarm = now + this.#keep.ageMs;
        this.#alarmToSet = next.alarm;
      }
      next.serial += 1;
      this.#write(chunk, victims, printCheckpoint(next));
    }
  }

  #write(rows: NewRow[], victims: Victim[], checkpoint: string): void {
    const inserted = rows.length - victims.length;
    const insertedHasLast = victims.length === 0;
    if (inserted > 0)
      this.store.insert(rows.slice(0, inserted), insertedHasLast ? checkpoint : null);
    victims.forEach((victim, i) => {
      const row = rows[inserted + i] as NewRow;
      const last = inserted + i === rows.length - 1;
      if (!this.store.recycle(row, last ? checkpoint : null, victim.offset))
        throw new Error(`row ${victim.offset} was to be given up and is not there`);
    });
  }
}

/** An alarm that is this late was lost: the platform's are late by a minute at most. */
const ALARM_LATE_MS = 3_600_000;
/** How often the alarm comes at most, in the time a message is kept. */
const ALARMS_PER_AGE_MAX = 8;

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
