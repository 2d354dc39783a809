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
import type { LogPolicy } from "./log-policy.ts";
import { RecentEntries } from "./recent-entries.ts";
import type { Flags, NewRow } from "./row.ts";
import type { LogStore } from "./store.ts";
import { writeRows } from "./write-rows.ts";

export class Log<Meta> {
  readonly store: LogStore;
  readonly #policy: LogPolicy<Meta>;
  readonly #newEpoch: () => string;
  readonly #recent = new RecentEntries();
  #checkpoint: Checkpoint<Meta> | null = null;
  #hasNewAlarm = false;

  constructor(store: LogStore, policy: LogPolicy<Meta>, newEpoch: () => string) {
    this.store = store;
    this.#policy = policy;
    this.#newEpoch = newEpoch;
  }

  /** Returns the checkpoint, with expired and aged messages taken out of the counts. */
  at(now: number): Checkpoint<Meta> {
    const checkpoint = this.#load();
    if (checkpoint.due !== null && now >= checkpoint.due) {
      const next = this.#copy(checkpoint);
      this.#policy.expire(next, this.store, now);
      next.ageMs = this.#policy.retention(next.meta).ageMs;
      next.time = Math.max(next.time, now);
      this.#checkpoint = next;
    }
    return this.#checkpoint as Checkpoint<Meta>;
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
   * head moves, the recent entries are out of date, so they are dropped.
   */
  change<T>(now: number, write: (next: Checkpoint<Meta>, store: LogStore) => T): T {
    const next = this.#copy(this.at(now));
    const head = next.head;
    const result = this.store.atomically(() => {
      this.store.prepare();
      const value = write(next, this.store);
      this.store.saveCheckpoint(printCheckpoint(next));
      return value;
    });
    this.#checkpoint = next;
    if (next.head !== head) this.#recent.clear(next.head);
    return result;
  }

  /** Changes the object's part of the checkpoint in memory only; the next write stores it. */
  changeInMemory(now: number, change: (meta: Meta) => void): void {
    const next = this.#copy(this.at(now));
    change(next.meta);
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
    const { identities, meta } = this.at(now);
    const rows = this.store.flags();
    const publishedAt = rows[rows.length - 1]?.time ?? 0;
    const gone = new Set(this.#policy.rowsToSweep(rows, meta, now).map(({ offset }) => offset));
    const kept = rows.filter(({ offset }) => !gone.has(offset));
    const remembers = identities !== null && now - publishedAt < IDENTITY_MS;
    if (kept.length === 0 && !remembers && !this.#policy.mustKeep(meta)) {
      await this.erase();
      return true;
    }
    const { ageMs } = this.#policy.retention(meta);
    const alarm = nextAlarm(kept[0], remembers ? publishedAt + IDENTITY_MS : null, ageMs, now);
    this.change(now, (next, store) => {
      this.#policy.onSweep(rows, gone);
      const top = rows[rows.length - 1];
      for (const offset of gone) if (offset !== top?.offset) store.delete(offset);
      if (top !== undefined && gone.has(top.offset) && top.blank === 0) store.blank(top.offset);
      const first = kept[0] ?? top;
      next.rows = kept.length + (top !== undefined && gone.has(top.offset) ? 1 : 0);
      next.oldest = Math.max(next.oldest, first?.offset ?? next.head + 1);
      next.evictionQueue = [];
      next.alarm = alarm;
    });
    return false;
  }

  /**
   * Erases everything but the given part of the object, in memory at once and on disk when the
   * promise resolves. When that part need not be kept, nothing stays stored.
   */
  erase(meta: Meta = this.#policy.empty()): Promise<void> {
    const empty = emptyCheckpoint(meta, this.#policy.retention(meta).ageMs);
    const erased = this.store.erase(this.#policy.mustKeep(meta) ? printCheckpoint(empty) : null);
    this.#checkpoint = empty;
    this.#hasNewAlarm = false;
    this.#recent.clear(0);
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
    const entries = this.#recent.since(offset);
    if (entries === null) return null;
    return entries
      .filter(({ expires }) => expires === null || expires > now)
      .map(({ text }) => text);
  }

  #load(): Checkpoint<Meta> {
    if (this.#checkpoint === null) {
      const found = this.store.open();
      this.#checkpoint =
        found === null ? this.#empty() : parseCheckpoint(found, this.#policy.empty());
      // Under a changed age limit, messages may have aged that had not aged before.
      const { ageMs } = this.#policy.retention(this.#checkpoint.meta);
      if (this.#checkpoint.ageMs !== ageMs) this.#checkpoint.due = 0;
      this.#recent.clear(this.#checkpoint.head);
    }
    return this.#checkpoint;
  }

  #empty(): Checkpoint<Meta> {
    const meta = this.#policy.empty();
    return emptyCheckpoint(meta, this.#policy.retention(meta).ageMs);
  }

  #copy(checkpoint: Checkpoint<Meta>): Checkpoint<Meta> {
    return {
      ...checkpoint,
      identities: checkpoint.identities && { ...checkpoint.identities },
      evictionQueue: [...checkpoint.evictionQueue],
      meta: this.#policy.copy(checkpoint.meta),
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
        entries.push(new Entry(row, this.#policy.newState(row)));
      }
      return rows.filter(({ offset }) => offset !== LIVE_ONLY);
    };
    const write = () => {
      this.store.prepare();
      if (next.epoch === EMPTY_EPOCH) next.epoch = this.#newEpoch();
      removed.push(...writeRows(take(), next, this.store, this.#policy, now));
    };
    if (drafts.every(({ ttl }) => ttl === 0)) take();
    else if (this.#isOneStatement(drafts, current)) write();
    else this.store.atomically(write);
    // Without a stored message there is no epoch yet, so the one minted above is not kept.
    if (next.head !== current.head) this.#checkpoint = next;
    if (next.alarm !== current.alarm) this.#hasNewAlarm = true;
    for (const entry of entries) if (entry.offset !== LIVE_ONLY) this.#recent.push(entry);
    return { since: current.head, to: next.head, entries, removed, excluded, outcomes };
  }

  /** A single statement is atomic by itself. A transaction would add two statements. */
  #isOneStatement(drafts: Draft[], { rows, meta }: Checkpoint<Meta>): boolean {
    const isPlain = drafts.length === 1 && drafts[0]?.identity === null;
    return isPlain && this.store.exists() && rows <= this.#policy.retention(meta).messagesMax;
  }

  /** Adds the row of a draft with the next offset, unless its id is known; returns the outcome. */
  #take(draft: Draft, time: number, next: Checkpoint<Meta>, rows: NewRow[]): Outcome {
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
