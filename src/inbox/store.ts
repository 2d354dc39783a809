// All SQL of an inbox beyond that of its log: the follows.

import { hasTable } from "../log/schema.ts";

/**
 * A stored follow. Its cursor is the greatest `topic_offset` among the inbox's own rows above `floor`; the
 * column `cursor` replaces rows that have left the log.
 */
export type FollowRow = {
  topic: string;
  epoch: string;
  cursor: number;
  /**
   * Rows of the inbox at or below this offset belong to an earlier epoch of the topic, or to an earlier
   * follow.
   */
  floor: number;
};

const SQL = {
  make: `CREATE TABLE IF NOT EXISTS follows (
           topic TEXT PRIMARY KEY, epoch TEXT NOT NULL, cursor INTEGER NOT NULL, floor INTEGER NOT NULL
         ) WITHOUT ROWID`,
  all: "SELECT topic, epoch, cursor, floor FROM follows ORDER BY topic",
  one: "SELECT topic, epoch, cursor, floor FROM follows WHERE topic = ?",
  put: "INSERT OR REPLACE INTO follows (topic, epoch, cursor, floor) VALUES (?, ?, ?, ?)",
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
    return this.#exists() ? this.#sql.exec<FollowRow>(SQL.all).toArray() : [];
  }

  one(topic: string): FollowRow | undefined {
    return this.#exists() ? this.#sql.exec<FollowRow>(SQL.one, topic).toArray()[0] : undefined;
  }

  put({ topic, epoch, cursor, floor }: FollowRow): void {
    // The table is made with every write, because a failed write or an erasure removes it again.
    this.#sql.exec(SQL.make);
    this.#sql.exec(SQL.put, topic, epoch, cursor, floor);
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

  #exists(): boolean {
    return hasTable(this.#sql, "follows");
  }
}
