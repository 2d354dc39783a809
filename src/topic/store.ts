// All SQL of a topic beyond its log: who its members are.

import { hasTable } from "../log/schema.ts";

/**
 * A member as it is stored. `cursor` is null when it has all that its topic has delivered, so that
 * only who is behind costs a write.
 */
export type MemberRow = {
  member: string;
  follows: number;
  cursor: number | null;
  attempts: number;
  retry_at: number | null;
  /** When it joined, by its inbox's time in ms; null where its inbox did not say. */
  joined_at: number | null;
};

const SQL = {
  make: `CREATE TABLE IF NOT EXISTS members (
           member TEXT PRIMARY KEY,
           follows INTEGER NOT NULL,
           cursor INTEGER,
           attempts INTEGER NOT NULL DEFAULT 0,
           retry_at INTEGER,
           joined_at INTEGER
         ) WITHOUT ROWID`,
  columns: "SELECT name FROM pragma_table_info('members')",
  /** For a table from before the column; a version of that time goes on with the table as it is then. */
  widen: "ALTER TABLE members ADD COLUMN joined_at INTEGER",
  all: "SELECT member, follows, cursor, attempts, retry_at, joined_at FROM members ORDER BY member",
  allOfNarrow: `SELECT member, follows, cursor, attempts, retry_at, NULL AS joined_at
                FROM members ORDER BY member`,
  put: `INSERT OR REPLACE INTO members (member, follows, cursor, attempts, retry_at, joined_at)
        VALUES (?, ?, ?, ?, ?, ?)`,
  remove: "DELETE FROM members WHERE member = ?",
};

export class MemberStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Sorted by name. Reads no row when there was never a member. */
  all(): MemberRow[] {
    if (!hasTable(this.#sql, "members")) return [];
    try {
      return this.#sql.exec<MemberRow>(SQL.all).toArray();
    } catch (cause) {
      if (!this.#isNarrow()) throw cause;
      return this.#sql.exec<MemberRow>(SQL.allOfNarrow).toArray();
    }
  }

  put({ member, follows, cursor, attempts, retry_at, joined_at }: MemberRow): void {
    const row = [member, follows, cursor, attempts, retry_at, joined_at];
    // Not remembered: a failed write, or an erasure, takes the table away again.
    this.#sql.exec(SQL.make);
    try {
      this.#sql.exec(SQL.put, ...row);
    } catch (cause) {
      if (!this.#isNarrow()) throw cause;
      this.#sql.exec(SQL.widen);
      this.#sql.exec(SQL.put, ...row);
    }
  }

  remove(member: string): void {
    this.#sql.exec(SQL.remove, member);
  }

  /** Whether the table lacks the newest column. Asked after a failure only: it reads a row a column. */
  #isNarrow(): boolean {
    const columns = this.#sql.exec<{ name: string }>(SQL.columns).toArray();
    return !columns.some(({ name }) => name === "joined_at");
  }
}
