// The rows of a log, whole or in part.

/** A message about to be stored. Times are ms since 1970. */
export interface NewRow {
  offset: number;
  /** The members of the message as JSON text, without the outer braces, `offset` and `time`. */
  body: string;
  time: number;
  expires: number | null;
  category: string | null;
  /** The topic that delivered it and the offset there; null for a message published to this log. */
  topic: string | null;
  topic_offset: number | null;
  /** The time (ms) of a message that counts as seen and read from the start; null for any other. */
  read_at: number | null;
}

/** A stored message. `body` is null when its content was blanked. */
export type Row = {
  offset: number;
  body: string | null;
  time: number;
  expires: number | null;
  category: string | null;
  /** The offset of its last change of state; null for a message without one. */
  changed: number | null;
  seen_at: number | null;
  read_at: number | null;
  archived_at: number | null;
  topic: string | null;
  topic_offset: number | null;
};

/** A row without its content, for counting and for the choice of victims. */
export type Flags = Omit<Row, "body" | "category"> & { blank: number };

/** The record of a publish with an id. `at` is its time in ms. */
export type Identity = { offset: number; digest: string; at: number };
