// All SQL of an inbox beyond that of its log: the follows.

import { type RowOf, Table } from "../log/table.ts";

/**
 * A stored follow. Its cursor is the greatest `topic_offset` among the inbox's own rows above `floor`; the
 * column `cursor` replaces rows that have left the log.
 */
const COLUMNS = {
  topic: "TEXT PRIMARY KEY",
  epoch: "TEXT NOT NULL",
  cursor: "INTEGER NOT NULL",
  /**
   * Rows of the inbox at or below this offset belong to an earlier epoch of the topic, or to an earlier
   * follow.
   */
  floor: "INTEGER NOT NULL",
} as const;

export type FollowRow = RowOf<typeof COLUMNS>;

const FOLLOWS = new Table("follows", COLUMNS, "WITHOUT ROWID");

const SQL = {
  remove: "DELETE FROM follows WHERE topic = ?",
  newest: `SELECT topic_offset FROM log WHERE topic = ? AND offset > ?
           ORDER BY offset DESC LIMIT 1`,
  origins: `SELECT offset, topic, topic_offset FROM log
            WHERE offset IN (SELECT value FROM json_each(?)) AND topic IS NOT NULL`,
};

export class FollowStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): FollowRow[] {
    return FOLLOWS.rows(this.#sql, "ORDER BY topic");
  }

  one(topic: string): FollowRow | undefined {
    return FOLLOWS.rows(this.#sql, "WHERE topic = ?", topic)[0];
  }

  put(row: FollowRow): void {
    // The table is made with every write, because a failed write or an erasure removes it again.
    FOLLOWS.make(this.#sql);
    FOLLOWS.put(this.#sql, row);
  }

  remove(topic: string): void {
    this.#sql.exec(SQL.remove, topic);
  }

  /** Returns the topic's offset of its newest row above `floor` (an inbox offset); 0 for none. */
  newest(topic: string, floor: number): number {
    const rows = this.#sql.exec<{ topic_offset: number }>(SQL.newest, topic, floor).toArray();
    return rows[0]?.topic_offset ?? 0;
  }

  /** Returns those of the rows that came from a topic. */
  origins(offsets: number[]): { offset: number; topic: string; topic_offset: number }[] {
    return this.#sql
      .exec<{ offset: number; topic: string; topic_offset: number }>(
        SQL.origins,
        JSON.stringify(offsets),
      )
      .toArray();
  }
}
