// Server-Sent Events (WHATWG HTML §9.2). The Worker holds the stream and reads an ordinary hibernating
// socket of the object, so that the object can sleep meanwhile.

import { printDisconnect } from "../protocol/down.ts";
import {
  BUFFERED_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  RECONNECT_SPREAD_SECONDS,
  SLOW_MS,
  STREAM_COMMENT_MS,
  STREAM_SECONDS_MAX,
  UNSENT_BYTES_MAX,
} from "../protocol/limits.ts";

/** The bytes that wait for the readers of all streams of this isolate, which share its memory. */
let unsentByAll = 0;

/**
 * Takes the Worker's end of an object's socket, the stream's only topic (null for an inbox), the cursors
 * and the ticket it begins with, the end of the token in seconds, the time in ms, and a source of random
 * numbers that spread the reconnects; returns the stream.
 */
export function streamOf(
  ws: WebSocket,
  ownTopic: string | null,
  begun: StreamId & { ticket: string | null },
  exp: number | null,
  now: number,
  random: () => number,
): Response {
  const encoder = new TextEncoder();
  const cursors = new Cursors(begun);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  let unsent = 0;
  let slowSince: number | null = null;
  let isOpen = true;

  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(comments);
    clearTimeout(ending);
    // 1000, since the reader of the stream has left, or reconnects by itself.
    ws.close(1000, "stream ended");
    // A reader that is gone has cancelled the stream already. For one that does not read, abort() frees
    // the bytes that wait for it.
    (slowSince === null ? writer.close() : writer.abort()).catch(() => undefined);
    unsentByAll -= unsent;
  };
  const write = (text: string) => {
    if (!isOpen) return;
    const bytes = encoder.encode(text);
    const isUnread = unsent > MESSAGE_BYTES_MAX;
    unsent += bytes.length;
    unsentByAll += bytes.length;
    // The object cannot see how slowly the stream is read, so the Worker checks it.
    const isTooMuch = unsentByAll > UNSENT_BYTES_MAX;
    if (unsent <= BUFFERED_BYTES_MAX && !(isTooMuch && isUnread)) slowSince = null;
    else slowSince ??= Date.now();
    if (slowSince !== null && (isTooMuch || Date.now() - slowSince > SLOW_MS)) return end();
    writer.write(bytes).then(() => {
      if (!isOpen) return;
      unsent -= bytes.length;
      unsentByAll -= bytes.length;
    }, end);
  };

  const comments = setInterval(() => write(":\n\n"), STREAM_COMMENT_MS);
  const expiresInMs = exp === null ? Number.POSITIVE_INFINITY : exp * 1000 - now;
  const ending = setTimeout(
    () => {
      if (expiresInMs <= STREAM_SECONDS_MAX * 1000)
        write(printEvent("expired", printDisconnect(4002)));
      end();
    },
    Math.min(Math.max(0, expiresInMs), STREAM_SECONDS_MAX * 1000),
  );

  // Notices a reader that leaves between two writes.
  writer.closed.catch(end);
  ws.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") return;
    const event = eventOf(data, ownTopic, cursors, random);
    // If a step is missing, the stream ends, and its reader reconnects with the cursors it has.
    if (event === null) end();
    else write(event);
  });
  ws.addEventListener("close", end);
  ws.addEventListener("error", end);
  ws.accept();
  // The first bytes are sent at once, so that every proxy in between passes the answer on.
  write(`${printRetry(RECONNECT_SPREAD_SECONDS, random)}\n`);
  return new Response(readable, {
    headers: {
      "content-type": "text/event-stream",
      // A proxy that compresses or buffers the stream would hold back single events.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

/**
 * The position of a stream in the inbox, or in its only topic, and in each further topic. Each value is a
 * cursor, or `latest` until the hub has sent the cursor for it.
 */
export interface StreamId {
  inbox: string | null;
  topics: ReadonlyMap<string, string>;
}

/** Takes the `id` of an event; returns null when it is a plain cursor, or absent. */
export function parseStreamId(text: string | null): StreamId | null {
  if (text === null || !text.includes("~")) return null;
  const [inbox = "", ...items] = text.split(",");
  const topics = items.map((item) => item.split("~") as [string, string]);
  // An incomplete list is passed on whole as the cursor of the inbox, which is refused as invalid.
  if (topics.some((parts) => parts.length !== 2)) return { inbox: text, topics: new Map() };
  return { inbox: inbox === "" ? null : inbox, topics: new Map(topics) };
}

const LATEST = "latest";

/**
 * The cursors of a stream, printed as one text: `<cursor>`, and after a comma `<topic>~<cursor>` for each
 * topic.
 */
class Cursors {
  #own: string;
  readonly #topics: Map<string, string>;
  readonly ticket: string | null;

  constructor({ inbox, topics, ticket }: StreamId & { ticket: string | null }) {
    this.ticket = ticket;
    this.#own = inbox ?? "";
    this.#topics = new Map(topics);
  }

  move(topic: string | undefined, cursor: string): void {
    if (topic === undefined) this.#own = cursor;
    else this.#topics.set(topic, cursor);
  }

  /** Whether the reader would miss messages before a step that begins after the offset `since`. */
  lacks(topic: string | undefined, epoch: string, since: number): boolean {
    const cursor = (topic === undefined ? this.#own : this.#topics.get(topic)) ?? "";
    const [known, offset] = cursor.split(":");
    // In another epoch the reader has no messages yet. Without a cursor it misses none.
    return offset !== undefined && since > (known === epoch ? Number(offset) : 0);
  }

  /**
   * Takes the position that the hub reports for a log, and keeps it if the log began with `latest`.
   * Returns whether it did.
   */
  begin(topic: string | undefined, cursor: string): boolean {
    const isLatest = (topic === undefined ? this.#own : this.#topics.get(topic)) === LATEST;
    if (isLatest) this.move(topic, cursor);
    return isLatest;
  }

  print(): string {
    const known = [...this.#topics].filter(([, at]) => at !== LATEST);
    const own = this.#own === LATEST ? "" : this.#own;
    const cursors = [own, ...known.map(([topic, at]) => `${topic}~${at}`)].join(",");
    return this.ticket === null ? cursors : `${cursors};${this.ticket}`;
  }
}

interface FrameHead {
  type: string;
  topic?: string;
  epoch?: string;
  offset?: number;
  since?: number | null;
  to?: number;
  more?: boolean;
  code?: number;
  reconnect_spread?: number;
}

/**
 * Takes a frame; returns it as one event, or null where a step before it is missing. The `id` moves at
 * the end of a step of a log, and when the hub reports the position of a log that began with `latest`.
 */
function eventOf(
  frame: string,
  ownTopic: string | null,
  cursors: Cursors,
  random: () => number,
): string | null {
  const head = JSON.parse(frame) as FrameHead;
  const { type, topic, epoch, offset, since, to, more, code, reconnect_spread: spread = 0 } = head;
  const log = topic === ownTopic ? undefined : topic;
  if (typeof since === "number" && cursors.lacks(log, epoch ?? "", since)) return null;
  const isStep = type === "messages" && more !== true;
  if (isStep) cursors.move(log, `${epoch}:${to}`);
  const isBegun =
    (type === "connected" || (type === "reply" && topic !== undefined)) &&
    cursors.begin(log, `${epoch}:${offset}`);
  // Without an `id`, a reader that has received no messages yet would reconnect without its ticket.
  const isTicketed = type === "connected" && cursors.ticket !== null;
  const id = isStep || isBegun || isTicketed ? cursors.print() : undefined;
  const retry = spread > RECONNECT_SPREAD_SECONDS ? printRetry(spread, random) : "";
  return retry + printEvent(type === "disconnect" && code === 4002 ? "expired" : type, frame, id);
}

/**
 * The time after which a reader reconnects when its stream has ended. It is spread, since all readers at
 * once would be too many.
 */
function printRetry(spreadSeconds: number, random: () => number): string {
  return `retry: ${Math.round(1_000 * (1 + random() * spreadSeconds))}\n`;
}

function printEvent(event: string, data: string, id?: string): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}
