// Frames from a client to the hub, each beside its wire form, and the decoder of each type.

import { topicFault } from "./address.ts";
import { isRefusal, type Refusal, refusal } from "./error.ts";
import { parseJson } from "./json.ts";
import { OFFSETS_MAX, PAGE_MAX } from "./limits.ts";

export type FrameId = string | number | null;

/** {"type":"read","id":5,"epoch":"…","offsets":[…]} or, for read and seen, "up_to":41 */
export interface MarkFrame {
  type: "read" | "unread" | "seen" | "archive" | "unarchive" | "delete";
  id: FrameId;
  epoch: string;
  target: { offsets: number[] } | { upTo: number };
}

/** {"type":"publish","id":6,"topic":"…","message":{…}} */
export interface PublishFrame {
  type: "publish";
  id: FrameId;
  topic: string | null;
  message: unknown;
}

/** {"type":"history","id":7,"before":120,"limit":50} */
export interface HistoryFrame {
  type: "history";
  id: FrameId;
  before: number | null;
  since: string | null;
  limit: number;
}

/** {"type":"refresh","id":8,"token":"…"} */
export interface RefreshFrame {
  type: "refresh";
  id: FrameId;
  token: string;
}

/** {"type":"subscribe","id":9,"topic":"…","since":"…"}: messages until the connection ends */
export interface SubscribeFrame {
  type: "subscribe";
  id: FrameId;
  topic: string;
  since: string | null;
}

/**
 * {"type":"follow","id":10,"topic":"…"}: messages enter the inbox. `unfollow` and `unsubscribe` end a
 * follow and a subscription, in the same form.
 */
export interface TopicFrame {
  type: "unsubscribe" | "follow" | "unfollow";
  id: FrameId;
  topic: string;
}

export type UpFrame =
  | MarkFrame
  | PublishFrame
  | HistoryFrame
  | RefreshFrame
  | SubscribeFrame
  | TopicFrame;

/** Each type of frame, with its frame. A table over its keys needs an entry for every type. */
export type UpFrames = { [F in UpFrame as F["type"]]: F };
export type UpType = keyof UpFrames;

/** A frame that the hub does not accept; `id` is its id where it could be read. */
export interface MalformedFrame {
  id: FrameId;
  refusal: Refusal;
  /**
   * Whether it is no JSON object with a `type`: a mistake of the client library, not of the app.
   */
  isUnreadable?: true;
}

/**
 * Returns the id of a rejected frame when it stands at the head: after the `type`, or first. Without an
 * answer to its id, the sender would wait, and send the frame again over every connection.
 */
export function idAtHead(text: string): FrameId {
  const [, number, string = null] = HEAD.exec(text) ?? [];
  return number === undefined ? string : Number(number);
}

const HEAD = /^\{(?:"type":"[a-z]{1,16}",)?"id":(?:(\d{1,15})|"([\w/-]{1,64})")[,}]/;

/**
 * Takes one text frame of allowed length; returns it typed, or its fault. Ignores unknown members.
 */
export function decodeUp(text: string): UpFrame | MalformedFrame {
  const parsed = parseJson(text);
  const isRefused = isRefusal(parsed);
  const frame = objectOf(isRefused ? leniently(text) : parsed.value);
  const id = frame === null ? idAtHead(text) : frameId(frame.id);
  if (typeof frame?.type !== "string") {
    const field = frame === null ? undefined : "type";
    const refused = isRefused ? parsed : refusal("bad_request", TYPE_MISSING, field);
    return { id, refusal: refused, isUnreadable: true };
  }
  if (isRefused) return { id, refusal: parsed };
  return isUpType(frame.type)
    ? decode(frame.type, id, frame)
    : malformed(id, `\`type\` is one of ${UP_TYPES.join(", ")}`, "type");
}

/** A JSON object from a client. */
type Members = Record<string, unknown>;
type Decoder<T extends UpType> = (
  id: FrameId,
  frame: Members,
  type: T,
) => UpFrames[T] | MalformedFrame;

const DECODERS: { [T in UpType]: Decoder<T> } = {
  read: decodeMark,
  unread: decodeMark,
  seen: decodeMark,
  archive: decodeMark,
  unarchive: decodeMark,
  delete: decodeMark,
  subscribe: decodeSubscribe,
  unsubscribe: decodeTopic,
  follow: decodeTopic,
  unfollow: decodeTopic,
  publish: decodePublish,
  history: decodeHistory,
  refresh: decodeRefresh,
};

export const UP_TYPES = Object.keys(DECODERS) as UpType[];

const isUpType = (type: string): type is UpType => Object.hasOwn(DECODERS, type);

function decode<T extends UpType>(type: T, id: FrameId, frame: Members) {
  return DECODERS[type](id, frame, type);
}

const TYPE_MISSING = 'send a JSON object with a `type`, such as {"type":"read",…}';

/** Parses a refused text with JSON.parse, so that the answer can name the frame of its sender. */
function leniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function decodeMark(
  id: FrameId,
  frame: Members,
  type: MarkFrame["type"],
): MarkFrame | MalformedFrame {
  if (typeof frame.epoch !== "string")
    return malformed(id, "say the `epoch` of the offsets: it is in every frame", "epoch");
  if (frame.up_to !== undefined) {
    if (type !== "read" && type !== "seen")
      return malformed(id, "`up_to` goes with read and seen; name `offsets` instead", "up_to");
    return isOffset(frame.up_to)
      ? { type, id, epoch: frame.epoch, target: { upTo: frame.up_to } }
      : malformed(id, "`up_to` is an offset: a whole number from 0", "up_to");
  }
  const offsets = frame.offsets;
  if (!Array.isArray(offsets) || offsets.length === 0 || offsets.length > OFFSETS_MAX)
    return malformed(id, `\`offsets\` is a list of 1 to ${OFFSETS_MAX} offsets`, "offsets");
  return offsets.every(isOffset)
    ? { type, id, epoch: frame.epoch, target: { offsets } }
    : malformed(id, "each of `offsets` is a whole number from 0", "offsets");
}

function decodePublish(id: FrameId, frame: Members): PublishFrame | MalformedFrame {
  const topic = frame.topic ?? null;
  if (topic !== null && (typeof topic !== "string" || topicFault(topic) !== null))
    return malformed(id, "`topic` is the name of a topic", "topic");
  if (frame.message === undefined) return malformed(id, "publish takes a `message`", "message");
  return { type: "publish", id, topic, message: frame.message };
}

function decodeHistory(id: FrameId, frame: Members): HistoryFrame | MalformedFrame {
  const before = frame.before ?? null;
  const since = frame.since ?? null;
  const limit = frame.limit ?? PAGE_MAX;
  if (before !== null && !isOffset(before))
    return malformed(id, "`before` is an offset: a whole number from 0", "before");
  if (since !== null && typeof since !== "string")
    return malformed(id, "`since` is a cursor, `<epoch>:<offset>`", "since");
  if (!isOffset(limit) || limit < 1 || limit > PAGE_MAX)
    return malformed(id, `\`limit\` is a whole number from 1 to ${PAGE_MAX}`, "limit");
  return { type: "history", id, before, since, limit };
}

function decodeRefresh(id: FrameId, { token }: Members): RefreshFrame | MalformedFrame {
  return typeof token === "string"
    ? { type: "refresh", id, token }
    : malformed(id, "refresh takes a `token`", "token");
}

function decodeSubscribe(id: FrameId, frame: Members): SubscribeFrame | MalformedFrame {
  const type = "subscribe";
  const topic = topicOf(type, frame);
  if (isRefusal(topic)) return { id, refusal: topic };
  const { since = null } = frame;
  return since === null || typeof since === "string"
    ? { type, id, topic, since }
    : malformed(id, "`since` is a text: a cursor, `latest`, a time or a duration", "since");
}

function decodeTopic(
  id: FrameId,
  frame: Members,
  type: TopicFrame["type"],
): TopicFrame | MalformedFrame {
  const topic = topicOf(type, frame);
  return isRefusal(topic) ? { id, refusal: topic } : { type, id, topic };
}

function topicOf(type: string, { topic }: Members): string | Refusal {
  const fault = typeof topic === "string" ? topicFault(topic) : `${type} takes a \`topic\``;
  return fault === null ? (topic as string) : refusal("bad_request", fault, "topic");
}

function malformed(id: FrameId, fix: string, field?: string): MalformedFrame {
  return { id, refusal: refusal("bad_request", fix, field) };
}

function objectOf(value: unknown): Members | null {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Members) : null;
}

/** Returns a frame's id if it is cheap to echo (a number or a short text), else null. */
function frameId(value: unknown): FrameId {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return typeof value === "string" && value.length <= 64 ? value : null;
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
