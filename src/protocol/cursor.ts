// A cursor is the position of a follower in a log: `<epoch>:<offset>`.

export interface Cursor {
  epoch: string;
  offset: number;
}

/** The epoch of a log that has not stored anything yet. */
export const EMPTY_EPOCH = "0";

const CURSOR = /^([A-Za-z0-9]{1,32}):(0|[1-9]\d{0,15})$/;

/**
 * Takes `<epoch>:<offset>`; returns null for another form or an offset beyond the safe integers.
 */
export function parseCursor(text: string): Cursor | null {
  const match = CURSOR.exec(text);
  if (!match) return null;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) ? { epoch: match[1] as string, offset } : null;
}

export function printCursor(epoch: string, offset: number): string {
  return `${epoch}:${offset}`;
}

/**
 * Where a connection begins: with a snapshot, with the messages from now on, or after a cursor; on a topic
 * also at a time (ms).
 */
export type Since = "snapshot" | "latest" | Cursor | { time: number };

/**
 * Takes the `since` of a connect (null when absent); returns null when an inbox does not know its form.
 */
export function parseSince(text: string | null): Since | null {
  if (text === null || text === "") return "snapshot";
  return text === "latest" ? "latest" : parseCursor(text);
}
