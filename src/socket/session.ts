// The state of one open socket while its object is awake.

import type { Since } from "../protocol/cursor.ts";
import { RefusalError, refusal } from "../protocol/error.ts";
import { BUFFERED_BYTES_MAX } from "../protocol/limits.ts";
import type { Allowance } from "./allowance.ts";
import type { Attachment } from "./attachment.ts";

/** One open socket. Only the attachment outlives the object's memory. */
export interface Session {
  readonly ws: WebSocket;
  attachment: Attachment;
  /** Frames received in one second; `second` is its number since 1970. */
  frames: number;
  second: number;
  /** Where its replay begins; null once the greeting has sent `connected` and that replay. */
  since: Since | null;
  /** Called after the greeting; null when there is nothing to do then. */
  greeted: ((session: Session) => void) | null;
  /** When its unsent bytes were first seen above the limit, in ms; null while they are below. */
  slowSince: number | null;
  lastFrameAt: number;
  /** The limit on unreadable frames, made with the first one. Hibernation resets it. */
  unreadable: Allowance | null;
  /** Resolves when the last frame is handled: the frames of one socket are handled in order. */
  queue: Promise<void>;
}

/** Returns the bytes sent that have not left the hub yet. 0 in runtimes before 2026-11-17. */
export const unsentOf = (ws: WebSocket): number => ws.bufferedAmount ?? 0;

/** Returns whether the socket has read most of its frames. */
export const keepsUp = ({ ws }: Session): boolean => unsentOf(ws) <= BUFFERED_BYTES_MAX;

/** Refuses a request for many messages while the client has not read most of its frames. */
export function requireReader(session: Session): void {
  if (!keepsUp(session))
    throw new RefusalError(refusal("too_many_requests", "read first what you have been sent"));
}

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
