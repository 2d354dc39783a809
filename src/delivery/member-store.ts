// The SQL of a topic beyond its log: the table of its members.

import { hasTable } from "../log/schema.ts";

/**
 * A stored member. `cursor` is null while the member has all that its topic has delivered, so that only a
 * member that is behind costs a write.
 */
export type MemberRow = {
  member: string;
  follows: number;
  cursor: number | null;
  attempts: number;
  retry_at: number | null;
  /** When it joined, in ms by the clock of its inbox; null where the inbox did not send it. */
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
  /** Adds the column to a table of an older release, which can still use the table afterwards. */
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

  /** Returns all rows, sorted by name. Reads no row when there was never a member. */
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
    // Run before each write, since a failed write or an erasure removes the table again.
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

  /**
   * Whether the table lacks the newest column. Checked only after a failure, since it reads one row for
   * each column.
   */
  #isNarrow(): boolean {
    const columns = this.#sql.exec<{ name: string }>(SQL.columns).toArray();
    return !columns.some(({ name }) => name === "joined_at");
  }
}
