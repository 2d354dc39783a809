// The tables of a log by their columns, the types of their rows, and the statements that write rows of `log`.

import { type RowOf, Table } from "./table.ts";

/**
 * The columns of the table `log`. A new one goes to the end and is nullable. A new row takes its value from
 * the message, unless BEGINS has the column.
 *
 * `offset` is the rowid, so a new row goes to the end of the last page: one row written and 1.2 pages. The
 * newest message takes over the oldest row (an UPDATE of its key) for one row written.
 */
const COLUMNS = {
  offset: "INTEGER PRIMARY KEY",
  /** The members of the message as JSON text, without the outer braces; null when it was blanked. */
  body: "TEXT",
  /** Times are ms since 1970. */
  time: "INTEGER NOT NULL",
  expires: "INTEGER",
  category: "TEXT",
  /** The offset of its last change of state; null for a message without one. */
  changed: "INTEGER",
  seen_at: "INTEGER",
  /** In a new row: the time of a message that counts as seen and read from the start, or null. */
  read_at: "INTEGER",
  archived_at: "INTEGER",
  /** The topic that delivered it and the offset there; null for a message published to this log. */
  topic: "TEXT",
  topic_offset: "INTEGER",
  checkpoint: "TEXT",
} as const;

/** The columns that no message brings: in a new row they are null, or equal to another column. */
const BEGINS = { changed: null, seen_at: "read_at", archived_at: null } as const;

type Name = keyof typeof COLUMNS;
type Given = Exclude<Name, keyof typeof BEGINS>;

/** A stored message. */
export type Row = Omit<RowOf<typeof COLUMNS>, "checkpoint">;

/** A row without its content, for the counts and the eviction queue. */
export type Flags = Omit<Row, "body" | "category"> & { blank: number };

/** A message about to be stored. */
export type NewRow = Pick<Row, Exclude<Given, "checkpoint">> & { body: string };

const NAMES = Object.keys(COLUMNS) as Name[];
const GIVEN = NAMES.filter((name): name is Given => !(name in BEGINS));
const without = (...left: Name[]) => NAMES.filter((name) => !left.includes(name)).join(", ");

/** The columns of a `Row` and of `Flags`, for a SELECT. */
export const ROW = without("checkpoint");
export const FLAGS = `body IS NULL AS blank, ${without("body", "category", "checkpoint")}`;

/** A statement has at most 100 bound values. */
export const ROWS_PER_INSERT = Math.floor(100 / GIVEN.length);

/** Returns the values of a new row, in the order in which the statements below bind them. */
export function valuesOf(row: NewRow, checkpoint: string | null): SqlStorageValue[] {
  return GIVEN.map((name) => (name === "checkpoint" ? checkpoint : row[name]));
}

/** Returns the SQL of each column's value in a new row; `bound` makes it of a place in `valuesOf`. */
function begun(bound: (place: number) => string): [name: Name, value: string][] {
  return NAMES.map((name) => {
    const source = name in BEGINS ? BEGINS[name as keyof typeof BEGINS] : (name as Given);
    return [name, source === null ? "NULL" : bound(GIVEN.indexOf(source))];
  });
}

const assigned = (bound: (place: number) => string) =>
  begun(bound)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");

/** Returns the statement that inserts rows; it takes the values of each. */
export function insertOf(rows: number): string {
  const row = (_: unknown, i: number) =>
    `(${begun((place) => `?${i * GIVEN.length + place + 1}`).map(([, value]) => value)})`;
  return `INSERT INTO log (${NAMES}) VALUES ${Array.from({ length: rows }, row)}`;
}

/** Puts a new row in the place of another one. Takes its values and the offset of the other. */
export const RECYCLE = `UPDATE log SET ${assigned((place) => `?${place + 1}`)}
  WHERE offset = ?${GIVEN.length + 1}`;

/** The same for many rows. Takes a JSON array with an array for each. */
export const RECYCLE_MANY = `UPDATE log SET ${assigned((place) => `v.value->>${place}`)}
  FROM json_each(?) AS v WHERE log.offset = v.value->>${GIVEN.length}`;

export const LOG = new Table("log", COLUMNS);

/** The checkpoint of a log without rows. The tables of a log need none, and creating it writes two rows. */
export const SAVED = new Table(
  "checkpoint",
  { id: "INTEGER PRIMARY KEY CHECK (id = 1)", text: "TEXT NOT NULL" } as const,
  "WITHOUT ROWID",
);

/**
 * Made for releases before 0.1.0, for which a log without this table and its row 1 does not exist. Nothing
 * else reads it.
 */
export const STEPS = new Table(
  "migrations",
  { id: "INTEGER PRIMARY KEY" } as const,
  "WITHOUT ROWID",
);

const IDENTITY = {
  key: "TEXT PRIMARY KEY",
  offset: "INTEGER NOT NULL",
  digest: "TEXT NOT NULL",
  /** The time of the publish, in ms. */
  at: "INTEGER NOT NULL",
} as const;

/** The record of a publish with an id. */
export type Identity = Omit<RowOf<typeof IDENTITY>, "key">;

/** The two tables of identities, which take turns. */
export const IDS = [0, 1].map((i) => new Table(`ids_${i}`, IDENTITY, "WITHOUT ROWID")) as [
  Table<typeof IDENTITY>,
  Table<typeof IDENTITY>,
];
