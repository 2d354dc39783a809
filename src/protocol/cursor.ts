// A cursor is how far a follower of a log has come: `<epoch>:<offset>`.

export interface Cursor {
  epoch: string;
  offset: number;
}

/** The epoch of a log that has stored nothing yet. */
export const EMPTY_EPOCH = "0";

const CURSOR = /^([A-Za-z0-9]{1,32}):(0|[1-9]\d{0,15})$/;

/** Takes `<epoch>:<offset>`; null when it is not of that form or not a safe integer. */
export function parseCursor(text: string): Cursor | null {
  const match = CURSOR.exec(text);
  if (!match) return null;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) ? { epoch: match[1] as string, offset } : null;
}

export function printCursor(epoch: string, offset: number): string {
  return `${epoch}:${offset}`;
}

/** Where a connection begins: a snapshot, only what comes from now on, after a cursor; a topic's also at a time (ms). */
export type Since = "snapshot" | "latest" | Cursor | { time: number };

/** Takes the `since` of a connect (null when absent); null when it is none of the forms of an inbox. */
export function parseSince(text: string | null): Since | null {
  if (text === null || text === "") return "snapshot";
  return text === "latest" ? "latest" : parseCursor(text);
}
