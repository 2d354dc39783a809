// One message as one line of text for a person.

import type { InboxMessage, LogMessage } from "../protocol/message.ts";

const DATA_LENGTH_MAX = 200;

/** Returns `2026-11-21 06:10:09  Build passed  main is live  /builds/118  [ci]`. */
export function lineOf({ time, type, category, notification, data, topic }: LogMessage): string {
  const { title, body, url } = notification ?? {};
  const isForProgram = title === undefined && body === undefined;
  return [
    localTime(time),
    title,
    body,
    url,
    isForProgram ? type : undefined,
    isForProgram && data !== undefined ? short(JSON.stringify(data)) : undefined,
    category === undefined ? undefined : `[${category}]`,
    topic === undefined ? undefined : `(topic:${topic})`,
  ]
    .filter((part) => part !== undefined)
    .join("  ");
}

/** Returns the same with a mark while it is unread, and with the offset that API calls use. */
export function inboxLineOf(message: InboxMessage): string {
  const mark = message.read_at === null ? "●" : " ";
  return `${mark} ${String(message.offset).padStart(5)}  ${lineOf(message)}`;
}

/** Returns a time in this machine's zone, to the second, in a form that sorts as text. */
function localTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

function short(text: string): string {
  return text.length > DATA_LENGTH_MAX ? `${text.slice(0, DATA_LENGTH_MAX)}…` : text;
}
