// A message as its followers read it: the text that was printed at the edge, between what only the
// log knows.

import type { Row } from "./row.ts";

/** A message on its way into a log. Crosses from the edge, or from a socket, by RPC. */
export interface Draft {
  id: string;
  /** The members of the message as JSON text, without the outer braces. */
  body: string;
  /** Seconds; 0 is live only, null is as long as the log keeps anything. */
  ttl: number | null;
  category: string | null;
  /** What makes the publish safe to repeat; null when it was sent without an id. */
  identity: { key: string; digest: string } | null;
  /** The connection that is not to be sent it. */
  exclude?: string | null;
  /** For what a topic delivers: where it stood there, and when it ends, in ms. */
  from?: { topic: string; offset: number; expires: number | null };
}

/** What became of a draft. `offset` is null for what was sent live only. */
export type Outcome =
  | { status: "stored" | "duplicate"; id: string; offset: number | null; epoch: string }
  | { status: "mismatch" | "failed"; id: string };

/**
 * Prints an entry. `state` is the text of the state members of an inbox's message, each with its
 * leading comma; a topic's messages have none.
 */
export function printEntry(
  row: Pick<Row, "time" | "expires"> & { offset: number | null; body: string },
  state: string,
): string {
  const expires = row.expires === null ? "" : `,"expires":"${timeOf(row.expires)}"`;
  return `{"offset":${row.offset},"time":"${timeOf(row.time)}",${row.body}${expires}${state}}`;
}

/** A message of a log in memory. Printed when somebody first reads it: often nobody is there. */
export class Entry {
  readonly offset: number;
  /** When it ends by its own ttl, in ms; null for never. */
  readonly expires: number | null;
  /** About the length of its text, in UTF-16 units. */
  readonly units: number;
  readonly #time: number;
  readonly #state: string;
  readonly #isStored: boolean;
  /** The body of the message, and from the first reading on the whole of it. */
  #text: string;
  #isPrinted = false;

  /** `state` as `printEntry` takes it; an offset of 0 is of what is not stored. */
  constructor(row: Pick<Row, "offset" | "time" | "expires"> & { body: string }, state: string) {
    this.offset = row.offset;
    this.expires = row.expires;
    this.#time = row.time;
    this.#state = state;
    this.#isStored = row.offset !== LIVE_ONLY;
    this.#text = row.body;
    this.units = row.body.length + state.length + PRINTED_AROUND_UNITS;
  }

  get text(): string {
    if (!this.#isPrinted) {
      const offset = this.#isStored ? this.offset : null;
      const row = { offset, body: this.#text, time: this.#time, expires: this.expires };
      this.#text = printEntry(row, this.#state);
      this.#isPrinted = true;
    }
    return this.#text;
  }
}

/** Stands for the offset of what is sent and not stored. */
export const LIVE_ONLY = 0;

/** Units of an entry that are neither its body nor its state: offset, time, punctuation. */
const PRINTED_AROUND_UNITS = 64;

let lastMs = Number.NaN;
let lastText = "";

/** RFC 3339 in UTC. Messages of one group share their time, so the last text is kept. */
export function timeOf(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}
