// The tables of a log, as a list of migrations that only grows: a shipped migration is never edited.

/**
 * `offset` is the rowid, so a new row goes to the end of the last page: one row written and 1.2 pages. The
 * newest message takes over the oldest row (an UPDATE of its key) for one row written.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE log (
     offset INTEGER PRIMARY KEY,
     body TEXT,
     time INTEGER NOT NULL,
     expires INTEGER,
     category TEXT,
     changed INTEGER,
     seen_at INTEGER,
     read_at INTEGER,
     archived_at INTEGER,
     topic TEXT,
     topic_offset INTEGER,
     checkpoint TEXT
   )`,
  ],
];

/** Whether a table of this name exists. Reads no row. */
export function hasTable(sql: SqlStorage, name: string): boolean {
  return sql.exec("SELECT 1 FROM pragma_table_info(?) LIMIT 1", name).toArray().length > 0;
}

/**
 * Brings the tables up to date, and creates them when there are none. Call it inside a transaction, and
 * only when there is something to store: an object that stores nothing costs nothing.
 */
export function migrate(sql: SqlStorage): void {
  if (!hasTable(sql, "migrations"))
    sql.exec("CREATE TABLE migrations (id INTEGER PRIMARY KEY) WITHOUT ROWID");
  const { done } = sql
    .exec<{ done: number | null }>("SELECT max(id) AS done FROM migrations")
    .one();
  for (let id = (done ?? 0) + 1; id <= MIGRATIONS.length; id++) {
    for (const statement of MIGRATIONS[id - 1] ?? []) sql.exec(statement);
    sql.exec("INSERT INTO migrations (id) VALUES (?)", id);
  }
}

/** Drops all tables of the hub, also those of an inbox or a topic. Call it inside a transaction. */
export function dropAll(sql: SqlStorage): void {
  const tables = sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  );
  for (const { name } of tables.toArray()) sql.exec(`DROP TABLE "${name}"`);
}
