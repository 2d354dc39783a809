// The tables of a log, as a list that only ever grows: a migration that has shipped is not edited.

/**
 * WITHOUT ROWID makes a new row one row written and none read, and lets the oldest row be taken
 * over by the newest message (an UPDATE of its key) for one written and one read.
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
     checkpoint TEXT
   ) WITHOUT ROWID`,
    `CREATE TABLE checkpoint (
       id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL
     ) WITHOUT ROWID`,
  ],
];

/** Whether anything is stored here at all. Reads no row. */
export function hasTables(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM pragma_table_info('migrations') LIMIT 1").toArray().length > 0;
}

/**
 * Brings the tables up to date, making them when there are none. Call it inside a transaction, and
 * only with something to keep: an object that stores nothing costs nothing.
 */
export function migrate(sql: SqlStorage): void {
  if (!hasTables(sql)) sql.exec("CREATE TABLE migrations (id INTEGER PRIMARY KEY) WITHOUT ROWID");
  const { done } = sql
    .exec<{ done: number | null }>("SELECT max(id) AS done FROM migrations")
    .one();
  for (let id = (done ?? 0) + 1; id <= MIGRATIONS.length; id++) {
    for (const statement of MIGRATIONS[id - 1] ?? []) sql.exec(statement);
    sql.exec("INSERT INTO migrations (id) VALUES (?)", id);
  }
}
