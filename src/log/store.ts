// All SQL of a log, for both objects: its rows, its checkpoint and its remembered ids.

import type { Evictable, Identities } from "./checkpoint.ts";
import {
  FLAGS,
  type Flags,
  IDS,
  type Identity,
  insertOf,
  LOG,
  type NewRow,
  RECYCLE,
  RECYCLE_MANY,
  ROW,
  ROWS_PER_INSERT,
  type Row,
  SAVED,
  STEPS,
  valuesOf,
} from "./row.ts";
import { dropAll } from "./table.ts";

/** The rows of a page and one more, which shows whether another page follows. */
const ROWS_PER_PIECE = 101;
/** From this number of rows on they are overwritten in bulk: many rows with one statement. */
const BULK_ROWS_MIN = 8;
/** UTF-16 units of bodies after which a bound value takes no further row. It may have 2 MB. */
const BULK_UNITS_MAX = 256 * 1024;

const SQL = {
  // Reads no row, and fails where the table lacks a column.
  columns: `SELECT ${LOG.columns} FROM log LIMIT 0`,
  step: "INSERT INTO migrations (id) VALUES (1)",
  saveOnLast: "UPDATE log SET checkpoint = ? WHERE offset = (SELECT max(offset) FROM log)",
  last: "SELECT offset, checkpoint FROM log ORDER BY offset DESC LIMIT 1",
  insert: insertOf(1),
  insertMany: insertOf(ROWS_PER_INSERT),
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
  identity: `SELECT offset, digest, at FROM ids_0 WHERE key = ?1
             UNION ALL SELECT offset, digest, at FROM ids_1 WHERE key = ?1
             ORDER BY at DESC LIMIT 1`,
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

  /** Brings an older table up to date; returns the text of the checkpoint, null when there is none. */
  open(): string | null {
    if (!LOG.isIn(this.#sql)) return null;
    LOG.use(this.#sql, () => this.#sql.exec(SQL.columns));
    const text = this.last()?.checkpoint ?? SAVED.rows(this.#sql, "WHERE id = 1")[0]?.text ?? null;
    this.#ready = true;
    return text;
  }

  /** Creates the tables unless they exist. A log that stores nothing has none, and costs nothing. */
  prepare(): void {
    if (this.exists()) return;
    this.#storage.transactionSync(() => this.#make());
    this.#ready = true;
  }

  #make(): void {
    STEPS.make(this.#sql);
    this.#sql.exec(SQL.step);
    LOG.make(this.#sql);
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
      this.#make();
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
    SAVED.make(this.#sql);
    SAVED.put(this.#sql, { id: 1, text });
  }

  /**
   * Stores rows: the first ones in free places, the others over the evicted rows. The last row
   * carries the checkpoint.
   */
  write(rows: NewRow[], evicted: Evictable[], checkpoint: string): void {
    const values = rows.map((row, i) => valuesOf(row, i === rows.length - 1 ? checkpoint : null));
    const inserted = rows.length - evicted.length;
    let at = 0;
    for (; at + ROWS_PER_INSERT <= inserted; at += ROWS_PER_INSERT)
      this.#sql.exec(SQL.insertMany, ...values.slice(at, at + ROWS_PER_INSERT).flat());
    for (; at < inserted; at++) this.#sql.exec(SQL.insert, ...(values[at] as SqlStorageValue[]));
    const recycled = evicted.map(({ offset }, i) => [...(values[inserted + i] ?? []), offset]);
    const written =
      evicted.length < BULK_ROWS_MIN
        ? recycled.reduce((sum, row) => sum + this.#sql.exec(RECYCLE, ...row).rowsWritten, 0)
        : this.#recycleMany(rows.slice(inserted), recycled);
    if (written !== evicted.length) throw new Error("a row that was to be given up is not there");
  }

  /** One statement for many rows costs a fifth less than one for each row. */
  #recycleMany(rows: NewRow[], values: SqlStorageValue[][]): number {
    let written = 0;
    for (let from = 0; from < rows.length; ) {
      let to = from;
      let units = 0;
      while (to < rows.length && (to === from || units < BULK_UNITS_MAX)) {
        units += (rows[to] as NewRow).body.length;
        to += 1;
      }
      const texts = JSON.stringify(values.slice(from, to));
      written += this.#sql.exec(RECYCLE_MANY, texts).rowsWritten;
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
  identity(key: string): Identity | undefined {
    const look = () => this.#sql.exec<Identity>(SQL.identity, key).toArray()[0];
    return IDS[0].use(this.#sql, () => IDS[1].use(this.#sql, look));
  }

  remember(key: string, identity: Identity, { table }: Identities): void {
    IDS[table].put(this.#sql, { key, ...identity });
  }

  /**
   * Empties one of the two identity tables by dropping it: each deleted id would cost a row written.
   */
  renewIdentities(table: 0 | 1): void {
    this.#sql.exec(`DROP TABLE IF EXISTS ids_${table}`);
    IDS[table].make(this.#sql);
  }
}
