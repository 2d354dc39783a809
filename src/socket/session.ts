// What is known of one open socket while its object is awake.

import type { Since } from "../protocol/cursor.ts";
import { BUFFERED_BYTES_MAX } from "../protocol/limits.ts";
import type { Allowance } from "./allowance.ts";
import type { Attachment } from "./attachment.ts";

/** One open socket. Only the attachment outlives the object's memory. */
export interface Session {
  readonly ws: WebSocket;
  attachment: Attachment;
  /** Frames taken in the second that began at `second`. */
  frames: number;
  second: number;
  /** Where it begins, until it has been greeted: then it is told `connected` and what it missed. */
  since: Since | null;
  /** What begins once it has been greeted. */
  greeted: ((session: Session) => void) | null;
  /** When its unsent bytes were first seen above the limit, in ms; null when they are not. */
  slowSince: number | null;
  lastFrameAt: number;
  /** For frames that cannot be read, from the first of them on: in memory, so that a rest forgets them. */
  unreadable: Allowance | null;
  /** The end of the frame before: frames of one socket are handled one after the other. */
  queue: Promise<void>;
}

/** What of all that it was sent has not left the hub, in bytes. 0 in runtimes before 2026-11-17. */
export const unsentOf = (ws: WebSocket): number => ws.bufferedAmount ?? 0;

/** Whether it has read most of what it was sent. */
export const keepsUp = ({ ws }: Session): boolean => unsentOf(ws) <= BUFFERED_BYTES_MAX;

export function newSession(
  ws: WebSocket,
  attachment: Attachment,
  since: Since | null,
  greeted: Session["greeted"],
): Session {
  return {
    ws,
    attachment,
    since,
    greeted,
    frames: 0,
    second: 0,
    slowSince: null,
    lastFrameAt: 0,
    unreadable: null,
    queue: Promise.resolve(),
  };
}
