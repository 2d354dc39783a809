// The frames that carry a topic's messages to the connections of a user.

import { printEntry } from "../log/entry.ts";
import type { Batch, BatchEntry, Joined } from "../objects/member.ts";
import { type Cursor, EMPTY_EPOCH } from "../protocol/cursor.ts";
import { type MessagesDraft, printMessages } from "../protocol/down.ts";

/**
 * Returns the offset after which a socket's next frames begin: null for a snapshot, "told" when the socket
 * has the whole batch, "gap" when it lacks messages from before the batch. `told` is the cursor last sent to
 * it.
 */
export function nextStepStart(
  batch: Batch,
  told: Cursor | undefined,
): number | null | "told" | "gap" {
  const { epoch, since, to, lost } = batch;
  // After hibernation only the client knows its cursor: it skips messages that it has, and asks for those
  // that it lacks.
  if (told === undefined) return to === since ? "told" : since < lost ? null : since;
  const offset = told.epoch === epoch ? told.offset : told.epoch === EMPTY_EPOCH ? 0 : null;
  if (offset === null || offset < lost) return to === since ? "told" : null;
  if (offset >= to) return "told";
  return offset < since ? "gap" : offset;
}

/** Returns a batch's frames for a connection, without messages that exclude it or that it has. */
export function printStep(batch: Batch, start: number | null, connection: string): string[] {
  const { topic, epoch, to, oldest } = batch;
  const messages = batch.entries
    .filter(({ offset, exclude }) => exclude !== connection && (offset ?? 0) > (start ?? 0))
    .map(printBatchEntry);
  const frame = { topic, epoch, to, oldest, messages };
  return printMessages(
    start === null ? { ...frame, since: null, snapshot: true } : { ...frame, since: start },
  );
}

/** Returns the frames of messages that are sent live and not stored. */
export function printLive({ topic, epoch, to, oldest }: Batch, live: BatchEntry[]): string[] {
  return printMessages({
    topic,
    epoch,
    since: to,
    to,
    oldest,
    messages: live.map(printBatchEntry),
  });
}

const printBatchEntry = (entry: BatchEntry) => printEntry(entry, "");

/** Returns frames with the messages that a subscriber missed. They follow the reply to its subscribe. */
export function framesOf(
  topic: string,
  { epoch, offset, oldest, since, messages }: Joined,
): string[] {
  if (since === offset) return [];
  const frame: Omit<MessagesDraft, "since"> = { topic, epoch, to: offset, oldest, messages };
  return printMessages(since === null ? { ...frame, since, snapshot: true } : { ...frame, since });
}
