// The ordered log under both objects: offsets and epoch, append, eviction when it is full, remembered ids,
// the newest messages in memory. It never sees a socket.

import { type Cursor, EMPTY_EPOCH } from "../protocol/cursor.ts";
import { IDENTITY_MS } from "../protocol/limits.ts";
import { report } from "../protocol/report.ts";
import { type Appended, joined, nothingAppended } from "./appended.ts";
import {
  type Checkpoint,
  emptyCheckpoint,
  parseCheckpoint,
  printCheckpoint,
} from "./checkpoint.ts";
import { type Draft, Entry, isToRepeat, LIVE_ONLY, type Outcome } from "./entry.ts";
import { knownIdentity, remember } from "./identities.ts";
import type { Keep } from "./keep.ts";
import { place } from "./place.ts";
import { Ring } from "./ring.ts";
import type { Flags, NewRow } from "./row.ts";
import type { LogStore } from "./store.ts";

export class Log<Own> {
  readonly store: LogStore;
  readonly #keep: Keep<Own>;
  readonly #newEpoch: () => string;
  readonly #ring = new Ring();
  #checkpoint: Checkpoint<Own> | null = null;
  #hasNewAlarm = false;

  constructor(store: LogStore, keep: Keep<Own>, newEpoch: () => string) {
    this.store = store;
    this.#keep = keep;
    this.#newEpoch = newEpoch;
  }

  /** Returns the checkpoint, with expired and aged messages taken out of the counts. */
  at(now: number): Checkpoint<Own> {
    const checkpoint = this.#load();
    if (checkpoint.due !== null && now >= checkpoint.due) {
      const next = this.#copy(checkpoint);
      this.#keep.settle(next, this.store, now);
      next.ageMs = this.#keep.retention(next.own).ageMs;
      next.time = Math.max(next.time, now);
      this.#checkpoint = next;
    }
    return this.#checkpoint as Checkpoint<Own>;
  }

  /**
   * Returns the log's time, in ms. A machine's clock may step back, and another machine's may be behind,
   * but a message that has been counted as expired must not become alive again.
   */
  now(clock: number): number {
    return Math.max(clock, this.at(clock).time);
  }

  /**
   * Reads the last row again. An instance that has been replaced may still answer from memory, but its
   * read of storage fails. Callers that add a subscriber or a member do this first.
   */
  confirm(): void {
    if (this.store.exists()) this.store.last();
  }

  /**
   * Stores the drafts in one atomic write. When that fails, it stores each alone, so that a bad draft
   * fails alone. Memory changes only after the write.
   */
  append(drafts: Draft[], now: number): Appended {
    try {
      return this.#append(drafts, now);
    } catch (cause) {
      if (drafts.length > 1) return this.#appendEach(drafts, now);
      const { head } = this.at(now);
      const ids = drafts.map(({ id }) => id);
      report("append_failed", { ids }, cause);
      return nothingAppended(head, drafts);
    }
  }

  /** A topic's deliveries keep their order: after a failed one, its later ones fail too. */
  #appendEach(drafts: Draft[], now: number): Appended {
    const stopped = new Set<string>();
    const parts = drafts.map((draft) => {
      const topic = draft.from?.topic;
      if (topic !== undefined && stopped.has(topic))
        return nothingAppended(this.at(now).head, [draft]);
      const part = this.append([draft], now);
      if (topic !== undefined && part.outcomes.some(isToRepeat)) stopped.add(topic);
      return part;
    });
    return joined(parts);
  }

  /**
   * Changes rows in one atomic write, with a checkpoint of its own; returns the callback's value. When the
   * head moves, the messages in the ring are out of date, so the ring is emptied.
   */
  change<T>(now: number, write: (next: Checkpoint<Own>, store: LogStore) => T): T {
    const next = this.#copy(this.at(now));
    const head = next.head;
    const result = this.store.atomically(() => {
      this.store.prepare();
      const value = write(next, this.store);
      this.store.saveCheckpoint(printCheckpoint(next));
      return value;
    });
    this.#checkpoint = next;
    if (next.head !== head) this.#ring.clear(next.head);
    return result;
  }

  /** Changes the object's own part in memory only; the next write stores it. */
  note(now: number, change: (own: Own) => void): void {
    const next = this.#copy(this.at(now));
    change(next.own);
    this.#checkpoint = next;
  }

  /** Returns, once, whether a publish has changed the time of the next sweep: `alarm` of the checkpoint. */
  takeAlarm(): boolean {
    const isNew = this.#hasNewAlarm;
    this.#hasNewAlarm = false;
    return isNew;
  }

  /**
   * The work of the alarm: deletes aged and expired messages, and the whole log when nothing is left to
   * keep. The row of the head is only blanked, so that the head never goes back. Resolves to true when the
   * log was erased; otherwise `alarm` of the checkpoint is the time of the next sweep.
   */
  async sweep(now: number): Promise<boolean> {
    if (!this.store.exists()) return false;
    const { identities, own } = this.at(now);
    const rows = this.store.flags();
    const publishedAt = rows[rows.length - 1]?.time ?? 0;
    const gone = new Set(this.#keep.sweepable(rows, own, now).map(({ offset }) => offset));
    const kept = rows.filter(({ offset }) => !gone.has(offset));
    const remembers = identities !== null && now - publishedAt < IDENTITY_MS;
    if (kept.length === 0 && !remembers && !this.#keep.holds(own)) {
      await this.erase();
      return true;
    }
    const { ageMs } = this.#keep.retention(own);
    const alarm = nextAlarm(kept[0], remembers ? publishedAt + IDENTITY_MS : null, ageMs, now);
    this.change(now, (next, store) => {
      this.#keep.swept(rows, gone);
      const top = rows[rows.length - 1];
      for (const offset of gone) if (offset !== top?.offset) store.delete(offset);
      if (top !== undefined && gone.has(top.offset) && top.blank === 0) store.blank(top.offset);
      const first = kept[0] ?? top;
      next.rows = kept.length + (top !== undefined && gone.has(top.offset) ? 1 : 0);
      next.oldest = Math.max(next.oldest, first?.offset ?? next.head + 1);
      next.victims = [];
      next.alarm = alarm;
    });
    return false;
  }

  /**
   * Erases everything but the given part of the object's own, in memory at once and on disk when the
   * promise resolves. When that part need not be kept, nothing stays stored.
   */
  erase(own: Own = this.#keep.empty()): Promise<void> {
    const empty = emptyCheckpoint(own, this.#keep.retention(own).ageMs);
    const erased = this.store.erase(this.#keep.holds(own) ? printCheckpoint(empty) : null);
    this.#checkpoint = empty;
    this.#hasNewAlarm = false;
    this.#ring.clear(0);
    return erased;
  }

  /** Whether a follower with this cursor can continue from it. */
  reaches(cursor: Cursor, now: number): boolean {
    const { epoch, head, lost } = this.at(now);
    const sameLog = cursor.epoch === epoch || (cursor.epoch === EMPTY_EPOCH && cursor.offset === 0);
    return sameLog && cursor.offset <= head && cursor.offset >= lost;
  }

  /** Returns the entries after an offset that have not expired; null unless all are in memory. */
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
      const found = this.store.open();
      this.#checkpoint =
        found === null ? this.#empty() : parseCheckpoint(found, this.#keep.empty());
      // Under a changed age limit, messages may have aged that had not aged before.
      const { ageMs } = this.#keep.retention(this.#checkpoint.own);
      if (this.#checkpoint.ageMs !== ageMs) this.#checkpoint.due = 0;
      this.#ring.clear(this.#checkpoint.head);
    }
    return this.#checkpoint;
  }

  #empty(): Checkpoint<Own> {
    const own = this.#keep.empty();
    return emptyCheckpoint(own, this.#keep.retention(own).ageMs);
  }

  #copy(checkpoint: Checkpoint<Own>): Checkpoint<Own> {
    return {
      ...checkpoint,
      identities: checkpoint.identities && { ...checkpoint.identities },
      victims: [...checkpoint.victims],
      own: this.#keep.copy(checkpoint.own),
    };
  }

  #append(drafts: Draft[], clock: number): Appended {
    const now = this.now(clock);
    const current = this.at(now);
    const next = this.#copy(current);
    const outcomes: Outcome[] = [];
    const entries: Entry[] = [];
    const removed: number[] = [];
    const excluded = new Map<string, number[]>();
    const take = () => {
      const rows: NewRow[] = [];
      for (const draft of drafts) {
        const place = rows.length;
        outcomes.push(this.#take(draft, now, next, rows));
        if (draft.exclude && rows.length > place)
          excluded.set(draft.exclude, [...(excluded.get(draft.exclude) ?? []), place]);
      }
      for (const row of rows) {
        entries.push(new Entry(row, this.#keep.newState(row)));
      }
      return rows.filter(({ offset }) => offset !== LIVE_ONLY);
    };
    const write = () => {
      this.store.prepare();
      if (next.epoch === EMPTY_EPOCH) next.epoch = this.#newEpoch();
      removed.push(...place(take(), next, this.store, this.#keep, now));
    };
    if (drafts.every(({ ttl }) => ttl === 0)) take();
    else if (this.#isOneStatement(drafts, current)) write();
    else this.store.atomically(write);
    // Without a stored message there is no epoch yet, so the one minted above is not kept.
    if (next.head !== current.head) this.#checkpoint = next;
    if (next.alarm !== current.alarm) this.#hasNewAlarm = true;
    for (const entry of entries) if (entry.offset !== LIVE_ONLY) this.#ring.push(entry);
    return { since: current.head, to: next.head, entries, removed, excluded, outcomes };
  }

  /** A single statement is atomic by itself. A transaction would add two statements. */
  #isOneStatement(drafts: Draft[], { rows, own }: Checkpoint<Own>): boolean {
    const isPlain = drafts.length === 1 && drafts[0]?.identity === null;
    return isPlain && this.store.exists() && rows <= this.#keep.retention(own).messagesMax;
  }

  /** Adds the row of a draft with the next offset, unless its id is known; returns the outcome. */
  #take(draft: Draft, time: number, next: Checkpoint<Own>, rows: NewRow[]): Outcome {
    const { id, body, ttl, category, identity, from } = draft;
    const expires = from?.expires ?? (ttl === null ? null : time + ttl * 1000);
    const origin = {
      topic: from?.topic ?? null,
      topic_offset: from?.offset ?? null,
      read_at: null,
    };
    if (ttl === 0) {
      rows.push({ offset: LIVE_ONLY, body, time, expires: null, category, ...origin });
      return { status: "stored", id, offset: null, epoch: next.epoch };
    }
    if (identity !== null) {
      const known = knownIdentity(this.store, next.identities, identity.key, time);
      if (known !== null) {
        if (known.digest !== identity.digest) return { status: "mismatch", id };
        return { status: "duplicate", id, offset: known.offset, epoch: next.epoch };
      }
    }
    next.head += 1;
    next.time = time;
    rows.push({ offset: next.head, body, time, expires, category, ...origin });
    if (identity !== null) remember(this.store, next, identity, time);
    return { status: "stored", id, offset: next.head, epoch: next.epoch };
  }
}

// The next alarm (ms): when the oldest message ages, an eighth of the age limit from now at the soonest; or,
// without messages, when the newest id is forgotten.
function nextAlarm(
  first: Flags | undefined,
  remembersUntil: number | null,
  ageMs: number,
  now: number,
): number | null {
  if (first === undefined) return remembersUntil;
  return Math.max(first.time + ageMs, now + ageMs / ALARMS_PER_AGE_MAX);
}

/** Maximum number of alarms within the age limit of messages. */
const ALARMS_PER_AGE_MAX = 8;
