// What a row of the log holds, whole or in part.

/** A message about to be stored. Times are ms since 1970. */
export interface NewRow {
  offset: number;
  /** The members of the message as JSON text without the outer braces; `offset` and `time` apart. */
  body: string;
  time: number;
  expires: number | null;
  category: string | null;
  /** The topic it came from and its offset there; null for what was published to this log. */
  topic: string | null;
  topic_offset: number | null;
  /** When it counts as seen and read from the start, in ms; null when it does not. */
  read_at: number | null;
}

/** A stored message. `body` is null when its content was blanked. */
export type Row = {
  offset: number;
  body: string | null;
  time: number;
  expires: number | null;
  category: string | null;
  /** The offset of its last change of state; null when there was none. */
  changed: number | null;
  seen_at: number | null;
  read_at: number | null;
  archived_at: number | null;
  topic: string | null;
  topic_offset: number | null;
};

/** A row without its content: what counting and choosing need. */
export type Flags = Omit<Row, "body" | "category"> & { blank: number };

/** What is remembered of a publish with an id. */
export type Identity = { offset: number; digest: string; at: number };
