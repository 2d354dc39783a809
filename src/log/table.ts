// A table as the list of its columns: the types of its rows, its creation, and the columns that a table of an
// older release lacks.

/** The columns with their types in SQL, in the order of their creation. */
export type Columns = Readonly<Record<string, string>>;

type ValueOf<Type extends string> =
  | (Type extends `INTEGER${string}` ? number : string)
  | (Type extends `${string} ${"NOT NULL" | "PRIMARY KEY"}${string}` ? never : null);

/** A row of a table with these columns. */
export type RowOf<C extends Columns> = { -readonly [Name in keyof C]: ValueOf<C[Name]> };

export class Table<C extends Columns> {
  readonly name: string;
  /** The names of the columns, for a SELECT. */
  readonly columns: string;
  readonly #types: [name: string, type: string][];
  readonly #make: string;
  readonly #put: string;

  /** With `options`, such as `WITHOUT ROWID`. */
  constructor(name: string, columns: C, options = "") {
    this.name = name;
    this.#types = Object.entries(columns);
    this.columns = Object.keys(columns).join(", ");
    const defined = this.#types.map(([column, type]) => `${column} ${type}`).join(", ");
    this.#make = `CREATE TABLE IF NOT EXISTS ${name} (${defined}) ${options}`;
    const values = this.#types.map(() => "?").join(", ");
    this.#put = `INSERT OR REPLACE INTO ${name} (${this.columns}) VALUES (${values})`;
  }

  /** Whether the table exists. Reads no row. */
  isIn(sql: SqlStorage): boolean {
    return sql.exec("SELECT 1 FROM pragma_table_info(?) LIMIT 1", this.name).toArray().length > 0;
  }

  /** Returns rows, none where the table does not exist; `which` is the end of the SELECT. */
  rows(sql: SqlStorage, which: string, ...values: SqlStorageValue[]): RowOf<C>[] {
    if (!this.isIn(sql)) return [];
    const text = `SELECT ${this.columns} FROM ${this.name} ${which}`;
    return this.use(sql, () => sql.exec<RowOf<C>>(text, ...values).toArray());
  }

  /** Creates the table unless it exists. */
  make(sql: SqlStorage): void {
    sql.exec(this.#make);
  }

  /** Stores a row, in place of the one with its key. */
  put(sql: SqlStorage, row: RowOf<C>): void {
    this.use(sql, () => sql.exec(this.#put, ...this.#types.map(([name]) => row[name])));
  }

  /**
   * Runs statements on the table. When that fails and the table lacks columns, adds these and runs the
   * statements again, so that only a table of an older release costs a row.
   */
  use<T>(sql: SqlStorage, run: () => T): T {
    try {
      return run();
    } catch (cause) {
      if (!this.#widen(sql)) throw cause;
      return run();
    }
  }

  /** Adds the columns that the table lacks; returns whether it lacked any. Reads a row for each column. */
  #widen(sql: SqlStorage): boolean {
    const found = sql
      .exec<{ name: string }>("SELECT name FROM pragma_table_info(?)", this.name)
      .toArray()
      .map(({ name }) => name);
    const missing = this.#types.filter(([name]) => !found.includes(name));
    for (const [name, type] of missing)
      sql.exec(`ALTER TABLE ${this.name} ADD COLUMN ${name} ${type}`);
    return missing.length > 0;
  }
}

/** Drops all tables of the hub, also those of an inbox or a topic. Call it inside a transaction. */
export function dropAll(sql: SqlStorage): void {
  const tables = sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  );
  for (const { name } of tables.toArray()) sql.exec(`DROP TABLE "${name}"`);
}
