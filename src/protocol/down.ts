// Frames from the hub to a client. The wire form stands beside each; docs/protocol.md has the rules.

import { CLOSES, type CloseCode, comesBack } from "./close.ts";
import { ERRORS, type Refusal } from "./error.ts";
import {
  FRAME_BYTES_MAX,
  PING_SECONDS,
  RECONNECT_SPREAD_SECONDS,
  RECONNECT_SPREAD_SECONDS_MAX,
  RECONNECTS_PER_SECOND,
} from "./limits.ts";
import type { Counts, LogMessage, MessageState } from "./message.ts";

/** {"type":"connected","connection":"c_…","epoch":"…","offset":41,"recovered":true,…} */
export interface ConnectedFrame {
  type: "connected";
  connection: string;
  topic?: string;
  epoch: string;
  /** The head of the log: who has applied everything up to here has caught up. */
  offset: number;
  /** False when the asked-for cursor cannot be continued: a snapshot follows. */
  recovered: boolean;
  /** Everything below is gone; what age pushed out is told nowhere else. */
  oldest: number;
  counts?: Counts;
  /** The hub's clock, by which `expires` is judged. An older hub does not say it. */
  time?: string;
  ping: number;
  /** Seconds until the token ends and the socket with it; null for an API key, which does not. */
  expires_in: number | null;
  reconnect_spread: number;
}

/** One change of state, by named offsets or by all up to one; absent flags are as they were. */
export type StateChange = { changed: number } & Partial<MessageState> &
  ({ offsets: number[] } | { up_to: number });

/** {"type":"messages","epoch":"…","since":41,"to":47,"messages":[…],…} */
export interface MessagesFrame {
  type: "messages";
  topic?: string;
  epoch: string;
  since: number | null;
  to: number;
  more?: true;
  snapshot?: true;
  messages: (LogMessage & Partial<MessageState>)[];
  states?: StateChange[];
  removed?: number[];
  oldest?: number;
  counts?: Counts;
}

/** {"type":"reply","id":5,…} */
export interface ReplyFrame {
  type: "reply";
  id: string | number | null;
  [member: string]: unknown;
}

/** {"type":"error","id":5,"code":"…","message":"…","fix":"…","temporary":false} */
export interface ErrorFrame {
  type: "error";
  id: string | number | null;
  code: string;
  message: string;
  fix: string;
  field?: string;
  /** Of a subscription that a connect asked for, or that a refresh has ended. */
  topic?: string;
  temporary: boolean;
}

/** {"type":"disconnect","code":4503,"reason":"…","reconnect":false} */
export interface DisconnectFrame {
  type: "disconnect";
  code: CloseCode;
  reason: string;
  reconnect: boolean;
}

/** {"type":"pong"} is answered by the platform, without waking the object. */
export const PING = "ping";
export const PONG = '{"type":"pong"}';

export type DownFrame =
  | ConnectedFrame
  | MessagesFrame
  | ReplyFrame
  | ErrorFrame
  | DisconnectFrame
  | { type: "pong" };

export function printConnected(
  frame: Omit<ConnectedFrame, "type" | "ping" | "reconnect_spread">,
  sockets = 0,
): string {
  const body: ConnectedFrame = {
    type: "connected",
    ...frame,
    ping: PING_SECONDS,
    reconnect_spread: spreadOf(sockets),
  };
  return JSON.stringify(body);
}

/** Seconds over which so many sockets come back. */
function spreadOf(sockets: number): number {
  const seconds = Math.ceil(sockets / RECONNECTS_PER_SECOND);
  return Math.min(Math.max(RECONNECT_SPREAD_SECONDS, seconds), RECONNECT_SPREAD_SECONDS_MAX);
}

export function printError(id: string | number | null, refusal: Refusal, topic?: string): string {
  const body: ErrorFrame = {
    type: "error",
    id,
    code: refusal.code,
    message: ERRORS[refusal.code].title,
    fix: refusal.fix,
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    ...(topic === undefined ? {} : { topic }),
    temporary: ERRORS[refusal.code].temporary,
  };
  return JSON.stringify(body);
}

/** `members` is the text of a JSON object, so that a page that is printed already stays as it is. */
export function printReply(id: string | number | null, members: string): string {
  const head = `{"type":"reply","id":${JSON.stringify(id)}`;
  return members === "{}" ? `${head}}` : `${head},${members.slice(1)}`;
}

export function printDisconnect(code: CloseCode): string {
  const body: DisconnectFrame = {
    type: "disconnect",
    code,
    reason: CLOSES[code],
    reconnect: comesBack(code),
  };
  return JSON.stringify(body);
}

/** A `messages` frame before it is printed: messages are JSON text already, printed once. */
export interface MessagesDraft extends Omit<MessagesFrame, "type" | "messages" | "more"> {
  messages: string[];
}

/**
 * Prints a `messages` frame, in parts of at most FRAME_BYTES_MAX where it is longer: each part has
 * the same `since` and `to`, all but the last `"more":true`, and the last carries what is not a
 * message, so that a client applies the parts as one.
 */
export function printMessages(draft: MessagesDraft): string[] {
  const { topic, epoch, since, to, snapshot, messages, ...rest } = draft;
  const head = `{"type":"messages",${topic === undefined ? "" : `"topic":"${topic}",`}"epoch":"${epoch}","since":${since},"to":${to},${snapshot ? '"snapshot":true,' : ""}`;
  const tail = JSON.stringify(rest).slice(1);
  const close = tail === "}" ? "]}" : `],${tail}`;
  const parts = partition(messages, FRAME_BYTES_MAX - head.length - close.length - 64);
  return parts.map((part, i) =>
    i < parts.length - 1
      ? `${head}"more":true,"messages":[${part.join(",")}]}`
      : `${head}"messages":[${part.join(",")}${close}`,
  );
}

const utf8 = new TextEncoder();

/** Splits texts into runs of at most `bytesMax`; a text alone may not exceed it (messages cannot). */
function partition(texts: string[], bytesMax: number): string[][] {
  let units = 0;
  for (const text of texts) units += text.length + 1;
  // A UTF-16 unit is at most three bytes of UTF-8, so most frames need no exact count.
  if (units * 3 <= bytesMax) return [texts];
  const parts: string[][] = [];
  let part: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    const size = utf8.encode(text).length + 1;
    if (part.length > 0 && bytes + size > bytesMax) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(text);
    bytes += size;
  }
  parts.push(part);
  return parts;
}
