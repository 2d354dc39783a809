// The state of one open socket while its object is awake.

import type { Since } from "../protocol/cursor.ts";
import { RefusalError, refusal } from "../protocol/error.ts";
import { BUFFERED_BYTES_MAX } from "../protocol/limits.ts";
import type { Attachment } from "./attachment.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** One open socket: ungreeted until it is sent `connected`, live from then on. */
export type Session = UngreetedSession | LiveSession;

interface Open {
  readonly ws: WebSocket;
  /** Only the attachment outlives the object's memory. */
  attachment: Attachment;
}

/** A socket that is sent nothing before its greeting: `connected`, and the messages that it missed. */
export interface UngreetedSession extends Open {
  readonly phase: "ungreeted";
  /** Where its replay begins. */
  readonly since: Since;
  /** Called after the greeting; null when there is nothing to do then. */
  readonly greeted: ((session: LiveSession) => void) | null;
}

/** A socket that is sent every message. All sockets are live after hibernation. */
export interface LiveSession extends Open {
  readonly phase: "live";
  /** Frames received in one second; `second` is its number since 1970. */
  frames: number;
  second: number;
  /** When its unsent bytes were first seen above the limit, in ms; null while they are below. */
  slowSince: number | null;
  lastFrameAt: number;
  /** The limit on unreadable frames, made with the first one. Hibernation resets it. */
  unreadable: TokenBucket | null;
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
    throw new RefusalError(refusal("too_many_requests", "read the frames that wait for you first"));
}

export function liveSession(ws: WebSocket, attachment: Attachment): LiveSession {
  return {
    phase: "live",
    ws,
    attachment,
    frames: 0,
    second: 0,
    slowSince: null,
    lastFrameAt: 0,
    unreadable: null,
    queue: Promise.resolve(),
  };
}
