// The export of all data about a user, as a stream of NDJSON: one line about the inbox, then one line for
// each message, oldest first.

import { printEntry } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Row } from "../log/row.ts";
import { printCursor } from "../protocol/cursor.ts";
import { countsOf } from "./read.ts";
import { type InboxMeta, printState, stateOf } from "./state.ts";

/** Rows read for each piece of the stream; the object may do other work between two pieces. */
const ROWS_PER_PIECE = 100;

export function exportInbox(
  log: Log<InboxMeta>,
  user: string,
  follows: string[],
  now: number,
): Response {
  const { epoch, head, meta } = log.at(now);
  const about = {
    user,
    cursor: printCursor(epoch, head),
    counts: countsOf(meta),
    not_before: meta.notBefore,
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
      // The inbox was erased meanwhile, and its rows belong to another epoch: the stream ends with an error.
      if (at.epoch !== epoch) return stream.error(new Error("the inbox was erased"));
      // Deleted messages are skipped in a loop: after a pull that enqueues nothing, the stream does not pull
      // again.
      for (let text = ""; text === ""; ) {
        const rows = log.store.exists() ? log.store.after(after, ROWS_PER_PIECE) : [];
        text = rows
          .filter((row): row is Row & { body: string } => row.body !== null)
          .map((row) => `${printEntry(row, printState(stateOf(row, meta)))}\n`)
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
