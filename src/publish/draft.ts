// The draft of a message: its JSON text is printed once, here, and never parsed again on its way.

import type { Draft } from "../log/entry.ts";
import { exceedsBytes } from "../protocol/bytes.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { MESSAGE_BYTES_MAX } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";

/**
 * Takes a message, its source, and the id to use if it has none itself; returns its draft. With an id the
 * publish can be repeated safely: (source, id) names the message, and a SHA-256 of its content
 * distinguishes a repetition from a mistake. Without an id the draft has a random one. Returns a refusal
 * when the message is too large.
 */
export function draftFromMessage(
  message: Message,
  source: string,
  key: string | null,
): Draft | Refusal | Promise<Draft> {
  const named = message.id ?? key;
  const id = named ?? crypto.randomUUID();
  const content = printContent(message);
  const body = `"id":${JSON.stringify(id)},"source":${JSON.stringify(source)}${content}`;
  if (exceedsBytes(body, MESSAGE_BYTES_MAX)) {
    const fix = `a message has at most ${MESSAGE_BYTES_MAX} bytes: send a link to a larger content`;
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
 * Orders the members of every object in `data` by name, at each depth: a publisher whose language keeps no
 * order of members may repeat a message with its members in another order (RFC 8785 §3.2.3).
 */
const inOneOrder: Replacer = (_, value) =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Prints the members that a publisher chose, each with a leading comma, always in the same order. The
 * members of `data` stay as they were sent, unless a replacer orders them.
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
