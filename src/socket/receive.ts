// The handling of one frame from a client: the limits, the decoding, the call of its handler, and the answer.

import { exceedsBytes } from "../protocol/bytes.ts";
import { printError, printReply } from "../protocol/down.ts";
import { type ErrorCode, RefusalError, refusal } from "../protocol/error.ts";
import {
  FRAME_BYTES_MAX,
  FRAMES_PER_SECOND,
  UNREADABLE_FRAMES_MAX,
  UNREADABLE_FRAMES_PER_MINUTE,
} from "../protocol/limits.ts";
import { report } from "../protocol/report.ts";
import { decodeUp, idAtHead, type UpFrame, type UpFrames, type UpType } from "../protocol/up.ts";
import { heard } from "./attachment.ts";
import { disconnect } from "./close.ts";
import type { LiveSession } from "./session.ts";
import { endIfExpired } from "./session-end.ts";
import type { Sockets } from "./sockets.ts";
import { TokenBucket } from "./token-bucket.ts";

/** A reply and the frames that follow it. `frames` is called in the turn in which both are sent. */
export interface Answer {
  members: string;
  frames(): string[];
}

/**
 * The handlers of an object for the frames of its sockets. Each returns the members of the reply, as the text
 * of a JSON object; a RefusalError becomes an `error` frame.
 */
export type FrameHandlers = {
  [T in UpType]: (session: LiveSession, frame: UpFrames[T]) => string | Promise<string | Answer>;
};

/** Takes data from a socket; resolves when it is answered. Frames of one socket queue up. */
export function receive(
  sockets: Sockets,
  ws: WebSocket,
  data: string | ArrayBuffer,
  handlers: FrameHandlers,
  clock: () => number,
): Promise<void> {
  const session = sockets.of(ws);
  if (session === null || !mayQueue(sockets, session, data, clock())) return Promise.resolve();
  session.queue = session.queue
    .then(() => handle(sockets, session, data, handlers, clock))
    // A frame that cannot be answered must not end the queue for the frames behind it.
    .catch((cause) => report("frame_lost", {}, cause));
  return session.queue;
}

/**
 * Returns whether a frame may join the queue; answers it otherwise. The rate and the size are checked first,
 * because the frames ahead may take long.
 */
function mayQueue(
  sockets: Sockets,
  session: LiveSession,
  data: string | ArrayBuffer,
  now: number,
): boolean {
  if (isTooFast(session, now)) {
    const fix = `send at most ${FRAMES_PER_SECOND} frames a second`;
    sockets.send(session, [printError(null, refusal("too_many_requests", fix))], now);
    disconnect(session.ws, 4008);
    return false;
  }
  if (typeof data !== "string" || !exceedsBytes(data, FRAME_BYTES_MAX)) return true;
  const fix = `send frames of at most ${FRAME_BYTES_MAX} bytes`;
  const refused = refusal("payload_too_large", fix);
  refuseUnreadable(sockets, session, printError(idAtHead(data), refused), now);
  return false;
}

async function handle(
  sockets: Sockets,
  session: LiveSession,
  data: string | ArrayBuffer,
  handlers: FrameHandlers,
  clock: () => number,
): Promise<void> {
  const { ws } = session;
  const now = clock();
  // Frames that the client sent before it saw our close are dropped.
  if (ws.readyState !== WebSocket.OPEN || endIfExpired(session, now)) return;
  session.lastFrameAt = now;
  if (session.attachment.accepted !== undefined) {
    session.attachment = heard(session.attachment);
    sockets.save(session);
  }
  if (typeof data !== "string") {
    const fix = "send text frames: belfry.v1 is JSON";
    return refuseUnreadable(sockets, session, printError(null, refusal("bad_request", fix)), now);
  }
  const frame = decodeUp(data);
  if ("refusal" in frame) {
    const error = printError(frame.id, frame.refusal);
    return frame.isUnreadable
      ? refuseUnreadable(sockets, session, error, now)
      : sockets.send(session, [error], now);
  }
  const print = await answerTo(session, frame, handlers);
  // Read the clock again: the token may have expired while the answer was made.
  sockets.send(session, print(), clock());
}

/** Returns a function that prints the answer to a frame, to be called when it is sent. */
async function answerTo(
  session: LiveSession,
  frame: UpFrame,
  handlers: FrameHandlers,
): Promise<() => string[]> {
  try {
    const answer = await call(handlers, frame.type, session, frame);
    if (typeof answer === "string") return () => [printReply(frame.id, answer)];
    return () => [printReply(frame.id, answer.members), ...answer.frames()];
  } catch (cause) {
    if (cause instanceof RefusalError) return () => [printError(frame.id, cause.refusal)];
    const { connection } = session.attachment;
    report("frame_failed", { connection }, cause);
    const code: ErrorCode = "internal";
    const error = refusal(code, "send the frame again; publish with an `id`");
    return () => [printError(frame.id, error)];
  }
}

function call<T extends UpType>(
  handlers: FrameHandlers,
  type: T,
  session: LiveSession,
  frame: UpFrames[T],
) {
  return handlers[type](session, frame);
}

/** Answers an unreadable frame. Closes the socket after too many: the client is not ours. */
function refuseUnreadable(
  sockets: Sockets,
  session: LiveSession,
  error: string,
  now: number,
): void {
  sockets.send(session, [error], now);
  session.unreadable ??= new TokenBucket(UNREADABLE_FRAMES_MAX, UNREADABLE_FRAMES_PER_MINUTE / 60);
  if (!session.unreadable.take(1, now)) disconnect(session.ws, 4502);
}

function isTooFast(session: LiveSession, now: number): boolean {
  const second = Math.floor(now / 1000);
  if (second !== session.second) {
    session.second = second;
    session.frames = 0;
  }
  session.frames += 1;
  return session.frames > FRAMES_PER_SECOND;
}
