// All SQL of a log, for both objects: its rows, its checkpoint and its remembered ids.

import { CHECKPOINT_VERSION, type Identities, type Victim } from "./checkpoint.ts";
import type { Flags, Identity, NewRow, Row } from "./row.ts";
import { dropAll, hasTable, migrate } from "./schema.ts";

const STATE = "changed, seen_at, read_at, archived_at, topic, topic_offset";
const ROW = `offset, body, time, expires, category, ${STATE}`;
const FLAGS = `offset, body IS NULL AS blank, time, expires, ${STATE}`;

// A statement has at most 100 bound values, and a row needs nine of them.
const VALUES_PER_ROW = 9;
const ROWS_PER_STATEMENT = 11;
/** The rows of a page and one more, which shows whether another page follows. */
const ROWS_PER_PIECE = 101;
/** From this number of rows on they are overwritten in bulk: many rows with one statement. */
const BULK_ROWS_MIN = 8;
/** UTF-16 units of bodies after which a bound value takes no further row. It may have 2 MB. */
const BULK_UNITS_MAX = 256 * 1024;
const insertOf = (rows: number) => {
  const row = (_: unknown, i: number) => {
    const at = (place: number) => `?${i * VALUES_PER_ROW + place}`;
    return `(${[1, 2, 3, 4, 5, 6, 7, 8, 9, 9].map(at).join(", ")})`;
  };
  return `INSERT INTO log (offset, body, time, expires, category, topic, topic_offset, checkpoint,
          seen_at, read_at) VALUES ${Array.from({ length: rows }, row).join(", ")}`;
};

const SQL = {
  saved: "SELECT text FROM checkpoint WHERE id = 1",
  // Creating the table writes two rows. A log needs it only for a checkpoint without a message, such as a
  // revocation in an empty inbox.
  makeSaved: `CREATE TABLE IF NOT EXISTS checkpoint (
                id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL
              ) WITHOUT ROWID`,
  save: "INSERT OR REPLACE INTO checkpoint (id, text) VALUES (1, ?)",
  saveOnLast: "UPDATE log SET checkpoint = ? WHERE offset = (SELECT max(offset) FROM log)",
  last: "SELECT offset, checkpoint FROM log ORDER BY offset DESC LIMIT 1",
  insert: insertOf(1),
  insertMany: insertOf(ROWS_PER_STATEMENT),
  recycle: `UPDATE log SET offset = ?1, body = ?2, time = ?3, expires = ?4, category = ?5, topic = ?6,
            topic_offset = ?7, checkpoint = ?8, changed = NULL, seen_at = ?9, read_at = ?9,
            archived_at = NULL WHERE offset = ?10`,
  recycleMany: `UPDATE log SET offset = v.value->>0, body = v.value->>1, time = v.value->>2,
                expires = v.value->>3, category = v.value->>4, topic = v.value->>5,
                topic_offset = v.value->>6, checkpoint = v.value->>7, changed = NULL,
                seen_at = v.value->>8, read_at = v.value->>8, archived_at = NULL
                FROM json_each(?) AS v WHERE log.offset = v.value->>9`,
  after: `SELECT ${ROW} FROM log WHERE offset > ? ORDER BY offset LIMIT ?`,
  before: `SELECT ${ROW} FROM log WHERE offset < ? ORDER BY offset DESC LIMIT ?`,
  one: `SELECT ${ROW} FROM log WHERE offset = ?`,
  flags: `SELECT ${FLAGS} FROM log ORDER BY offset`,
  flagsOf: `SELECT ${FLAGS} FROM log WHERE offset IN (SELECT value FROM json_each(?)) ORDER BY offset`,
  first: "SELECT offset, time FROM log ORDER BY offset LIMIT 1",
  next: "SELECT offset FROM log WHERE offset > ? ORDER BY offset LIMIT 1",
  lastLive: `SELECT offset FROM log WHERE offset BETWEEN ? AND ? AND body IS NOT NULL
             AND (expires IS NULL OR expires > ?) ORDER BY offset DESC LIMIT 1`,
  firstAt: "SELECT offset, time FROM log WHERE time >= ? ORDER BY offset LIMIT 1",
  blank: "UPDATE log SET body = NULL, category = NULL WHERE offset = ?",
  mark: "UPDATE log SET changed = ?, seen_at = ?, read_at = ?, archived_at = ? WHERE offset = ?",
  delete: "DELETE FROM log WHERE offset = ?",
};

export class LogStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  #ready = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** Whether anything is stored. */
  exists(): boolean {
    if (!this.#ready) this.open();
    return this.#ready;
  }

  /**
   * Brings older tables up to date; returns the text of the checkpoint, null when there is none.
   */
  open(): string | null {
    if (!hasTable(this.#sql, "migrations")) return null;
    const text = this.last()?.checkpoint ?? this.#saved();
    // The checkpoint, which is read anyway, begins with the version of the tables.
    if (!text?.startsWith(`[${CHECKPOINT_VERSION},`)) this.prepare();
    this.#ready = true;
    return text;
  }

  /** Creates the tables, or brings them up to date. */
  prepare(): void {
    if (!this.#ready) this.#storage.transactionSync(() => migrate(this.#sql));
    this.#ready = true;
  }

  /** Runs the callback as one atomic write: when it throws, nothing of it is stored. */
  atomically<T>(write: () => T): T {
    const ready = this.#ready;
    try {
      return this.#storage.transactionSync(write);
    } catch (cause) {
      // Tables that were created inside the transaction are rolled back too.
      this.#ready = ready;
      throw cause;
    }
  }

  /** Resolves when all writes so far are on disk. */
  durable(): Promise<void> {
    return this.#storage.sync();
  }

  /** Erases everything but a checkpoint, the alarm included; resolves when that is durable. */
  erase(checkpoint: string | null): Promise<void> {
    if (checkpoint === null) {
      this.#ready = false;
      return this.#storage.deleteAll();
    }
    // `deleteAll()` runs outside every transaction: a crash after it would lose the checkpoint.
    this.#storage.transactionSync(() => {
      dropAll(this.#sql);
      migrate(this.#sql);
      this.saveCheckpoint(checkpoint);
    });
    return this.#storage.deleteAlarm();
  }

  last(): { offset: number; checkpoint: string | null } | undefined {
    return this.#sql.exec<{ offset: number; checkpoint: string | null }>(SQL.last).toArray()[0];
  }

  /**
   * Saves the checkpoint in the last row, or in a table of its own while there is no row. The one in a row
   * always counts before the one in the table.
   */
  saveCheckpoint(text: string): void {
    const { rowsWritten } = this.#sql.exec(SQL.saveOnLast, text);
    if (rowsWritten > 0) return;
    this.#sql.exec(SQL.makeSaved);
    this.#sql.exec(SQL.save, text);
  }

  #saved(): string | null {
    if (!hasTable(this.#sql, "checkpoint")) return null;
    return this.#sql.exec<{ text: string }>(SQL.saved).toArray()[0]?.text ?? null;
  }

  /**
   * Stores rows: the first ones in free places, the others over the rows of the victims. The last row
   * carries the checkpoint.
   */
  write(rows: NewRow[], victims: Victim[], checkpoint: string): void {
    const inserted = rows.length - victims.length;
    const last = rows[rows.length - 1] as NewRow;
    const values = (row: NewRow) => [
      row.offset,
      row.body,
      row.time,
      row.expires,
      row.category,
      row.topic,
      row.topic_offset,
      row === last ? checkpoint : null,
      row.read_at,
    ];
    let at = 0;
    for (; at + ROWS_PER_STATEMENT <= inserted; at += ROWS_PER_STATEMENT)
      this.#sql.exec(SQL.insertMany, ...rows.slice(at, at + ROWS_PER_STATEMENT).flatMap(values));
    for (; at < inserted; at++) this.#sql.exec(SQL.insert, ...values(rows[at] as NewRow));
    const recycled = rows.slice(inserted);
    const written =
      victims.length < BULK_ROWS_MIN
        ? recycled.reduce((sum, row, i) => {
            const victim = (victims[i] as Victim).offset;
            return sum + this.#sql.exec(SQL.recycle, ...values(row), victim).rowsWritten;
          }, 0)
        : this.#recycleMany(recycled.map((row, i) => [...values(row), victims[i]?.offset]));
    if (written !== victims.length) throw new Error("a row that was to be given up is not there");
  }

  /** One statement for many rows costs a fifth less than one for each row. */
  #recycleMany(rows: unknown[][]): number {
    let written = 0;
    for (let from = 0; from < rows.length; ) {
      let to = from;
      let units = 0;
      while (to < rows.length && (to === from || units < BULK_UNITS_MAX)) {
        units += String(rows[to]?.[1] ?? "").length;
        to += 1;
      }
      const values = JSON.stringify(rows.slice(from, to));
      written += this.#sql.exec(SQL.recycleMany, values).rowsWritten;
      from = to;
    }
    return written;
  }

  after(offset: number, limit: number): Row[] {
    return this.#sql.exec<Row>(SQL.after, offset, limit).toArray();
  }

  /**
   * Returns the rows below an offset, newest first. They are read in pieces, each to its end: a cursor
   * that is left half-read locks the tables, which then cannot be dropped.
   */
  *before(offset: number): Generator<Row> {
    for (let below = offset; ; ) {
      const rows = this.#sql.exec<Row>(SQL.before, below, ROWS_PER_PIECE).toArray();
      yield* rows;
      const last = rows[ROWS_PER_PIECE - 1];
      if (last === undefined) return;
      below = last.offset;
    }
  }

  one(offset: number): Row | undefined {
    return this.#sql.exec<Row>(SQL.one, offset).toArray()[0];
  }

  flags(): Flags[] {
    return this.#sql.exec<Flags>(SQL.flags).toArray();
  }

  flagsOf(offsets: number[]): Flags[] {
    return this.#sql.exec<Flags>(SQL.flagsOf, JSON.stringify(offsets)).toArray();
  }

  first(): { offset: number; time: number } | undefined {
    return this.#sql.exec<{ offset: number; time: number }>(SQL.first).toArray()[0];
  }

  /** Returns the lowest offset above another one; null when there is none. */
  next(offset: number): number | null {
    return this.#sql.exec<{ offset: number }>(SQL.next, offset).toArray()[0]?.offset ?? null;
  }

  /** Returns the highest offset in a range with a message that has not expired; 0 for none. */
  lastLive(from: number, to: number, now: number): number {
    const rows = this.#sql.exec<{ offset: number }>(SQL.lastLive, from, to, now).toArray();
    return rows[0]?.offset ?? 0;
  }

  /** Returns the first message at or after a time (ms). */
  firstAt(time: number): { offset: number; time: number } | undefined {
    return this.#sql.exec<{ offset: number; time: number }>(SQL.firstAt, time).toArray()[0];
  }

  blank(offset: number): void {
    this.#sql.exec(SQL.blank, offset);
  }

  mark(row: Pick<Row, "offset" | "changed" | "seen_at" | "read_at" | "archived_at">): void {
    this.#sql.exec(SQL.mark, row.changed, row.seen_at, row.read_at, row.archived_at, row.offset);
  }

  delete(offset: number): void {
    this.#sql.exec(SQL.delete, offset);
  }

  /** Looks an identity up in both tables; the newer record counts. */
  identity(key: string, identities: Identities): Identity | undefined {
    return this.#sql
      .exec<Identity>(
        `SELECT offset, digest, at FROM ids_${identities.table} WHERE key = ?1
         UNION ALL SELECT offset, digest, at FROM ids_${1 - identities.table} WHERE key = ?1
         ORDER BY at DESC LIMIT 1`,
        key,
      )
      .toArray()[0];
  }

  remember(key: string, identity: Identity, identities: Identities): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO ids_${identities.table} (key, offset, digest, at) VALUES (?, ?, ?, ?)`,
      key,
      identity.offset,
      identity.digest,
      identity.at,
    );
  }

  /**
   * Empties one of the two identity tables by dropping it: each deleted id would cost a row written.
   */
  renewIdentities(table: 0 | 1): void {
    this.#sql.exec(`DROP TABLE IF EXISTS ids_${table}`);
    this.#sql.exec(
      `CREATE TABLE ids_${table} (
         key TEXT PRIMARY KEY, offset INTEGER NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }
}
