// Everything kept about a user, as a stream of NDJSON: one line of what the inbox knows of itself,
// then one for each message, oldest first.

import { printEntry } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Row } from "../log/row.ts";
import { printCursor } from "../protocol/cursor.ts";
import { countsOf } from "./read.ts";
import { type InboxOwn, printState, stateOf } from "./state.ts";

/** Rows read for each piece of the stream; the object may do other work between two pieces. */
const ROWS_PER_PIECE = 100;

export function exportInbox(
  log: Log<InboxOwn>,
  user: string,
  follows: string[],
  now: number,
): Response {
  const { epoch, head, own } = log.at(now);
  const about = {
    user,
    cursor: printCursor(epoch, head),
    counts: countsOf(own),
    not_before: own.notBefore,
    follows,
  };
  const encoder = new TextEncoder();
  let after = 0;
  const lines = new ReadableStream<Uint8Array>({
    start(stream) {
      stream.enqueue(encoder.encode(`${JSON.stringify(about)}\n`));
    },
    pull(stream) {
      const at = log.at(now);
      // Erased meanwhile: what follows is another life of the log, and the export says that it broke.
      if (at.epoch !== epoch) return stream.error(new Error("the inbox was erased"));
      // What was deleted is passed over: after a pull that brings nothing no other one comes.
      for (let text = ""; text === ""; ) {
        const rows = log.store.exists() ? log.store.after(after, ROWS_PER_PIECE) : [];
        text = rows
          .filter((row): row is Row & { body: string } => row.body !== null)
          .map((row) => `${printEntry(row, printState(stateOf(row, own)))}\n`)
          .join("");
        if (text !== "") stream.enqueue(encoder.encode(text));
        const last = rows[rows.length - 1];
        if (last === undefined || rows.length < ROWS_PER_PIECE) return stream.close();
        after = last.offset;
      }
    },
  });
  return new Response(lines, { headers: { "content-type": "application/x-ndjson" } });
}
