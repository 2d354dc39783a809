// Frames from the hub to a client, each beside its wire form; docs/protocol.md has the rules.

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
  /** The head of the log: a client that has applied everything up to it has caught up. */
  offset: number;
  /** False when the hub cannot continue from the client's cursor: a snapshot follows. */
  recovered: boolean;
  /** All messages below it are gone. Only this member reports messages that have aged. */
  oldest: number;
  counts?: Counts;
  /** The hub's clock, by which `expires` is judged. An older hub does not send it. */
  time?: string;
  ping: number;
  /**
   * Seconds until the token ends, and the socket with it; null for an API key, which does not end.
   */
  expires_in: number | null;
  reconnect_spread: number;
}

/** One change of state, of listed offsets or of all up to one; absent flags stay as they were. */
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
  /** The topic of a subscription that a connect asked for, or that a refresh has ended. */
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

/** The platform answers a ping with {"type":"pong"}, without waking the object. */
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

/** Returns the seconds over which so many sockets are to come back. */
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

/** Takes the members as the text of a JSON object, so that a printed page is not parsed again. */
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

/** A `messages` frame before it is printed. Its messages are JSON text already, printed once. */
export interface MessagesDraft extends Omit<MessagesFrame, "type" | "messages" | "more"> {
  messages: string[];
}

/**
 * Prints a `messages` frame, as several parts when it is longer than FRAME_BYTES_MAX. All parts have the
 * same `since` and `to`, and all but the last have `"more":true`. Only the last part has states, removals,
 * counts and `oldest`, so that a client applies the parts as one.
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

/**
 * Splits texts into runs of at most `bytesMax`; one text alone may not exceed it (messages cannot).
 */
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
