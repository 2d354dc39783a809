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
};

const SQL = {
  make: `CREATE TABLE IF NOT EXISTS members (
           member TEXT PRIMARY KEY,
           follows INTEGER NOT NULL,
           cursor INTEGER,
           attempts INTEGER NOT NULL DEFAULT 0,
           retry_at INTEGER
         ) WITHOUT ROWID`,
  all: "SELECT member, follows, cursor, attempts, retry_at FROM members ORDER BY member",
  put: `INSERT OR REPLACE INTO members (member, follows, cursor, attempts, retry_at)
        VALUES (?, ?, ?, ?, ?)`,
  remove: "DELETE FROM members WHERE member = ?",
};

export class MemberStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Sorted by name. Reads no row when there was never a member. */
  all(): MemberRow[] {
    return hasTable(this.#sql, "members") ? this.#sql.exec<MemberRow>(SQL.all).toArray() : [];
  }

  put({ member, follows, cursor, attempts, retry_at }: MemberRow): void {
    // Not remembered: a failed write, or an erasure, takes the table away again.
    this.#sql.exec(SQL.make);
    this.#sql.exec(SQL.put, member, follows, cursor, attempts, retry_at);
  }

  remove(member: string): void {
    this.#sql.exec(SQL.remove, member);
  }
}
