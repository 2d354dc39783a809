// Marks that are shown before the hub has confirmed them, and removed if it refuses them.

import type { InboxMessage, MessageState } from "../protocol/message.ts";
import type { MarkFrame } from "../protocol/up.ts";

export interface Mark {
  type: MarkFrame["type"];
  /** The messages: by offsets, or all up to one. */
  target: { offsets: readonly number[] } | { up_to: number };
  time: string;
  /** The offset of the change, once the hub has confirmed it: from there on the log includes it. */
  offset: number;
}

/** Returns the message with the marks applied; null if one of them deletes it. */
export function marked(message: InboxMessage, marks: Iterable<Mark>): InboxMessage | null {
  let shown = message;
  for (const mark of marks) {
    if (!hits(mark, message.offset as number)) continue;
    if (mark.type === "delete") return null;
    shown = { ...shown, ...flagsOf(mark, shown) };
  }
  return shown;
}

function hits({ target }: Mark, offset: number): boolean {
  return "up_to" in target ? offset <= target.up_to : target.offsets.includes(offset);
}

function flagsOf({ type, time }: Mark, shown: MessageState): Partial<MessageState> {
  const seen_at = shown.seen_at ?? time;
  if (type === "seen") return { seen_at };
  if (type === "read") return { seen_at, read_at: shown.read_at ?? time };
  if (type === "unread") return { read_at: null };
  return { archived_at: type === "archive" ? time : null };
}
