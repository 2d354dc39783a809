// The entries of a log: a message's text, printed at the edge, between the members that only the log knows.

import type { Row } from "./row.ts";

/** A message on its way into a log, by RPC from the edge or from the object of a socket. */
export interface Draft {
  id: string;
  /** The members of the message as JSON text, without the outer braces. */
  body: string;
  /** Seconds; 0 for a message that is sent live only, null to keep it until it ages. */
  ttl: number | null;
  category: string | null;
  /** Makes the publish safe to repeat; null for a publish without an id. */
  identity: { key: string; digest: string } | null;
  /** The connection that must not receive the message. */
  exclude?: string | null;
  /** For a message that a topic delivers: the topic, the offset there, and the expiry in ms. */
  from?: { topic: string; offset: number; expires: number | null };
}

/** The result of a draft. `offset` is null for a message that was sent live only. */
export type Outcome =
  | { status: "stored" | "duplicate"; id: string; offset: number | null; epoch: string }
  | { status: "mismatch" | "failed"; id: string };

/** Returns whether a draft has become a message that the log did not have. */
export function isNew(outcome: Outcome): outcome is Extract<Outcome, { offset: unknown }> {
  switch (outcome.status) {
    case "stored":
      return true;
    case "duplicate":
    case "mismatch":
    case "failed":
      return false;
  }
}

/**
 * Returns whether a draft is to be appended again: the log has neither stored it nor decided that it never
 * will.
 */
export function isToRepeat({ status }: Outcome): boolean {
  switch (status) {
    case "failed":
      return true;
    case "stored":
    case "duplicate":
    case "mismatch":
      return false;
  }
}

/**
 * Returns an entry as JSON text. `state` is the text of the state members of an inbox's message, each with
 * its leading comma; it is empty for a message of a topic.
 */
export function printEntry(
  row: Pick<Row, "time" | "expires"> & { offset: number | null; body: string },
  state: string,
): string {
  const expires = row.expires === null ? "" : `,"expires":"${timeOf(row.expires)}"`;
  return `{"offset":${row.offset},"time":"${timeOf(row.time)}",${row.body}${expires}${state}}`;
}

/** A message of a log in memory, printed on first use: often no subscriber is connected. */
export class Entry {
  readonly offset: number;
  /** When its own ttl ends it, in ms; null for never. */
  readonly expires: number | null;
  /** The approximate length of its text, in UTF-16 units. */
  readonly units: number;
  readonly #time: number;
  readonly #state: string;
  readonly #isStored: boolean;
  /** The body of the message until the first use, the printed entry from then on. */
  #text: string;
  #isPrinted = false;

  /**
   * Takes `state` as `printEntry` does; the offset LIVE_ONLY is for a message that is not stored.
   */
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

/** The offset that stands for a message which is sent and not stored. */
export const LIVE_ONLY = 0;

/** UTF-16 units of an entry besides its body and its state: offset, time, punctuation. */
const PRINTED_AROUND_UNITS = 64;

let lastMs = Number.NaN;
let lastText = "";

/**
 * Returns a time (ms) in RFC 3339, UTC. Messages of one group share their time, so the last text is kept.
 */
export function timeOf(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}
