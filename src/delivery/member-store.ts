// The SQL of a topic beyond its log: the table of its members.

import { type RowOf, Table } from "../log/table.ts";

/**
 * A stored member. `cursor` is null while the member has all that its topic has delivered, so that only a
 * member that is behind costs a write.
 */
const COLUMNS = {
  member: "TEXT PRIMARY KEY",
  follows: "INTEGER NOT NULL",
  cursor: "INTEGER",
  attempts: "INTEGER NOT NULL DEFAULT 0",
  retry_at: "INTEGER",
  /** When it joined, in ms by the clock of its inbox; null where the inbox did not send it. */
  joined_at: "INTEGER",
} as const;

export type MemberRow = RowOf<typeof COLUMNS>;

const MEMBERS = new Table("members", COLUMNS, "WITHOUT ROWID");

export class MemberStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Returns all rows, sorted by name. Reads no row when there was never a member. */
  all(): MemberRow[] {
    return MEMBERS.rows(this.#sql, "ORDER BY member");
  }

  put(row: MemberRow): void {
    // Run before each write, since a failed write or an erasure removes the table again.
    MEMBERS.make(this.#sql);
    MEMBERS.put(this.#sql, row);
  }

  remove(member: string): void {
    this.#sql.exec("DELETE FROM members WHERE member = ?", member);
  }
}
