// The steps of a topic as a user's connection receives them.

import { printEntry } from "../log/entry.ts";
import type { Batch, BatchEntry, Joined } from "../objects/member.ts";
import { type Cursor, EMPTY_EPOCH } from "../protocol/cursor.ts";
import { type MessagesDraft, printMessages } from "../protocol/down.ts";

/** Where a socket's next step begins; null for a snapshot, "told" when it has all of it. */
export function startOf(batch: Batch, told: Cursor | undefined): number | null | "told" | "gap" {
  const { epoch, since, to, lost } = batch;
  // After a rest only the client knows: it passes over what it has, and asks for what it lacks.
  if (told === undefined) return to === since ? "told" : since < lost ? null : since;
  const offset = told.epoch === epoch ? told.offset : told.epoch === EMPTY_EPOCH ? 0 : null;
  if (offset === null || offset < lost) return to === since ? "told" : null;
  if (offset >= to) return "told";
  return offset < since ? "gap" : offset;
}

/** What a socket is sent of a batch, without the messages that it is not to have. */
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

/** Messages that are sent live only. */
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

/** What a subscriber missed, after the reply that says where it begins. */
export function framesOf(
  topic: string,
  { epoch, offset, oldest, since, messages }: Joined,
): string[] {
  if (since === offset) return [];
  const frame: Omit<MessagesDraft, "since"> = { topic, epoch, to: offset, oldest, messages };
  return printMessages(since === null ? { ...frame, since, snapshot: true } : { ...frame, since });
}
