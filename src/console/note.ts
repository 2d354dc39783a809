// The notes of a pane on its connection.

import type { Reason } from "../client/index.ts";
import { ENDING_SECONDS, type Seen } from "./device.ts";
import { printMs } from "./dom.ts";
import { AWAY } from "./hub.ts";

const TOKEN_ENDED = 4002;
/** The reasons that this page uses when it cuts the connection itself. */
const CUT = ["dropped", "offline"];

export const ENDING = [
  `The token ends in ${ENDING_SECONDS} seconds.`,
  "Then the hub says 4002, the SDK asks for another one, and resumes.",
].join(" ");

/** Returns the note for the time while the client is away. */
export function awayNote({ close, code, message }: Reason): string {
  if (close === TOKEN_ENDED)
    return "The token has ended. The SDK asks for another one, and resumes.";
  if (CUT.includes(message)) return "Away. What is published now comes when it is back.";
  if (message.endsWith(AWAY)) return "The hub does not answer. It is tried again by itself.";
  return code === "token" ? message : "The connection is lost. It comes back by itself.";
}

/** Returns the cause of a loss in a few words. */
export function causeOf({ close, code, message }: Reason): string {
  if (close === TOKEN_ENDED) return "token ended";
  if (message.endsWith(AWAY)) return AWAY;
  return code === "token" ? "no token" : message || "connection lost";
}

/** Returns the note on the last reconnect; before the first one, a note on the client. */
export function returnNote({ returned }: Seen): string {
  if (returned === null) return "A client of the SDK, with a token of its own.";
  const { awayMs, recovered, missed } = returned;
  const away = `Back after ${printMs(awayMs)}`;
  if (!recovered) return `${away}, with a new snapshot: its messages are kept no more.`;
  if (missed.size === 0) return `${away}: it had missed nothing.`;
  return `${away}: ${missed.size === 1 ? "1 message" : `${missed.size} messages`} that it had missed came by cursor.`;
}

/** Takes milliseconds; returns seconds with one decimal, so that a countdown keeps its width. */
export function printSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}
