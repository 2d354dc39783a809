// From a message to a draft: printed once, here, and never parsed again on its way.

import type { Draft } from "../log/entry.ts";
import { exceedsBytes } from "../protocol/bytes.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { MESSAGE_BYTES_MAX } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";

/**
 * Takes a message, the source it is published as and the id that stands for it where it has none
 * itself. With an id the publish is safe to repeat: (source, id) names it and a SHA-256 of the
 * content tells a repetition from a mistake. Without, a random id is given.
 */
export function draftOf(
  message: Message,
  source: string,
  key: string | null,
): Draft | Refusal | Promise<Draft> {
  const named = message.id ?? key;
  const id = named ?? crypto.randomUUID();
  const content = printContent(message);
  const body = `"id":${JSON.stringify(id)},"source":${JSON.stringify(source)}${content}`;
  if (exceedsBytes(body, MESSAGE_BYTES_MAX)) {
    const fix = `a message has at most ${MESSAGE_BYTES_MAX} bytes: send a link to what is larger`;
    return refusal("payload_too_large", fix);
  }
  const { ttl = null, category = null } = message;
  const draft = { id, body, ttl, category };
  if (named === null) return { ...draft, identity: null };
  const isOrdered = typeof message.data !== "object" || message.data === null;
  const ordered = isOrdered ? content : printContent(message, inOneOrder);
  return digestOf(`${message.ttl ?? ""}${ordered}`).then((digest) => ({
    ...draft,
    identity: { key: `${source}\n${named}`, digest },
  }));
}

type Replacer = (name: string, value: unknown) => unknown;

/**
 * Orders the members of every object by name, at each depth of `data`: a publisher whose language has
 * no order of members sends the same message in another one (RFC 8785 §3.2.3).
 */
const inOneOrder: Replacer = (_, value) =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * The members a publisher chose, each with its leading comma, always in the same order. Those of
 * `data` stay as they were sent, except where a replacer orders them.
 */
function printContent(
  { type, category, urgency, notification, data }: Message,
  replacer?: Replacer,
): string {
  return (
    (type === undefined ? "" : `,"type":${JSON.stringify(type)}`) +
    (category === undefined ? "" : `,"category":${JSON.stringify(category)}`) +
    (urgency === undefined ? "" : `,"urgency":"${urgency}"`) +
    (notification === undefined ? "" : `,"notification":${JSON.stringify(notification)}`) +
    (data === undefined ? "" : `,"data":${JSON.stringify(data, replacer)}`)
  );
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
