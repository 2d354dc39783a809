// One frame from a client: may it still speak, is it ours, what does it want, what is answered.

import { exceedsBytes } from "../protocol/bytes.ts";
import { printError, printReply } from "../protocol/down.ts";
import { type ErrorCode, RefusalError, refusal } from "../protocol/error.ts";
import {
  FRAME_BYTES_MAX,
  FRAMES_PER_SECOND,
  UNREADABLE_FRAMES_MAX,
  UNREADABLE_FRAMES_PER_MINUTE,
} from "../protocol/limits.ts";
import {
  decodeUp,
  type HistoryFrame,
  idAtHead,
  type MarkFrame,
  type PublishFrame,
  type RefreshFrame,
  type SubscribeFrame,
  type TopicFrame,
  type UpFrame,
} from "../protocol/up.ts";
import { Allowance } from "./allowance.ts";
import { heard } from "./attachment.ts";
import { disconnect } from "./close.ts";
import { keepsUp, type Session } from "./session.ts";
import type { Sockets } from "./sockets.ts";

/** A reply and the frames that follow it, which are printed in the turn in which both are sent. */
export interface Answer {
  members: string;
  frames(): string[];
}

/**
 * What an object does for the frames of its sockets. Each gives the members of the reply, as the
 * text of a JSON object; a RefusalError becomes an `error` frame.
 */
export interface Services {
  mark(session: Session, frame: MarkFrame): string;
  publish(session: Session, frame: PublishFrame): Promise<string>;
  history(session: Session, frame: HistoryFrame): string;
  refresh(session: Session, frame: RefreshFrame): Promise<string>;
  subscribe(session: Session, frame: SubscribeFrame): Promise<Answer>;
  unsubscribe(session: Session, frame: TopicFrame): Promise<string>;
  follow(session: Session, frame: TopicFrame): Promise<string>;
  unfollow(session: Session, frame: TopicFrame): Promise<string>;
}

/** Takes what arrived on a socket; resolves when it is answered. Frames of one socket queue up. */
export function receive(
  sockets: Sockets,
  ws: WebSocket,
  data: string | ArrayBuffer,
  services: Services,
  clock: () => number,
): Promise<void> {
  const session = sockets.of(ws);
  if (session === null || !mayQueue(sockets, session, data, clock())) return Promise.resolve();
  session.queue = session.queue
    .then(() => handle(sockets, session, data, services, clock))
    // One frame that cannot be answered must not end the queue of those behind it.
    .catch((cause) => console.error(JSON.stringify({ event: "frame_lost", cause: String(cause) })));
  return session.queue;
}

/** What is looked at before a frame may wait for those before it: they may take their time. */
function mayQueue(
  sockets: Sockets,
  session: Session,
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
  session: Session,
  data: string | ArrayBuffer,
  services: Services,
  clock: () => number,
): Promise<void> {
  const { ws } = session;
  const now = clock();
  // What was sent before the client saw our close is not taken any more.
  if (ws.readyState !== WebSocket.OPEN || sockets.endIfExpired(session, now)) return;
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
  const print = await answerTo(session, frame, services);
  // The token may have ended while the answer was made.
  sockets.send(session, print(), clock());
}

/** Gives the frames that answer a frame, to be printed when they are sent. */
async function answerTo(
  session: Session,
  frame: UpFrame,
  services: Services,
): Promise<() => string[]> {
  try {
    const answer = await perform(session, frame, services);
    if (typeof answer === "string") return () => [printReply(frame.id, answer)];
    return () => [printReply(frame.id, answer.members), ...answer.frames()];
  } catch (cause) {
    if (cause instanceof RefusalError) return () => [printError(frame.id, cause.refusal)];
    const { connection } = session.attachment;
    console.error(JSON.stringify({ event: "frame_failed", connection, cause: String(cause) }));
    const code: ErrorCode = "internal";
    const error = refusal(code, "send the frame again; publish with an `id`");
    return () => [printError(frame.id, error)];
  }
}

function perform(
  session: Session,
  frame: UpFrame,
  services: Services,
): string | Promise<string | Answer> {
  switch (frame.type) {
    case "publish":
      return services.publish(session, frame);
    case "history":
      requireReader(session);
      return services.history(session, frame);
    case "refresh":
      return services.refresh(session, frame);
    case "subscribe":
      requireReader(session);
      return services.subscribe(session, frame);
    case "unsubscribe":
      return services.unsubscribe(session, frame);
    case "follow":
      return services.follow(session, frame);
    case "unfollow":
      return services.unfollow(session, frame);
    default:
      return services.mark(session, frame);
  }
}

/** What brings much is not for who does not read what there is already. */
function requireReader(session: Session): void {
  if (!keepsUp(session))
    throw new RefusalError(refusal("too_many_requests", "read first what you have been sent"));
}

/** A frame that cannot be read is answered. Too many at once come from a client that is not ours. */
function refuseUnreadable(sockets: Sockets, session: Session, error: string, now: number): void {
  sockets.send(session, [error], now);
  session.unreadable ??= new Allowance(UNREADABLE_FRAMES_MAX, UNREADABLE_FRAMES_PER_MINUTE / 60);
  if (!session.unreadable.take(1, now)) disconnect(session.ws, 4502);
}

function isTooFast(session: Session, now: number): boolean {
  const second = Math.floor(now / 1000);
  if (second !== session.second) {
    session.second = second;
    session.frames = 0;
  }
  session.frames += 1;
  return session.frames > FRAMES_PER_SECOND;
}
