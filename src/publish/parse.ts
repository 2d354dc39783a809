// The one check of published messages, for HTTP and for sockets.

import * as v from "valibot";
import { exceedsBytes } from "../protocol/bytes.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { ID_BYTES_MAX, TTL_SECONDS_MAX } from "../protocol/limits.ts";
import type { Message, Notification } from "../protocol/message.ts";
import { refusalFromIssue } from "./validation.ts";

const NAME_FIX = `is 1 to ${ID_BYTES_MAX} bytes without control characters`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds them to refuse them.
const CONTROL = /[\u0000-\u001f\u007f]/;
const name = v.pipe(
  v.string(),
  v.check(
    (text) => text !== "" && !CONTROL.test(text) && !exceedsBytes(text, ID_BYTES_MAX),
    NAME_FIX,
  ),
);

/** A link of a notification: http, https or relative. Any other URL could run as script. */
const link = v.pipe(v.string(), v.check(isWebLink, "is an http, https or relative URL"));

const action = v.strictObject({ action: name, title: v.string(), url: v.optional(link) });

const notification = v.strictObject({
  title: v.optional(v.string()),
  body: v.optional(v.string()),
  icon: v.optional(link),
  image: v.optional(link),
  tag: v.optional(v.string()),
  lang: v.optional(v.string()),
  dir: v.optional(v.picklist(["auto", "ltr", "rtl"], "is auto, ltr or rtl")),
  actions: v.optional(v.pipe(v.array(action), v.maxLength(10, "has at most 10 actions"))),
  url: v.optional(link),
});

const URGENCIES = ["very-low", "low", "normal", "high"] as const;
const TTL_FIX = `is a whole number of seconds from 0 to ${TTL_SECONDS_MAX}`;

const message = v.strictObject({
  id: v.optional(name),
  type: v.optional(name),
  source: v.optional(name),
  category: v.optional(name),
  notification: v.optional(notification),
  data: v.optional(v.unknown()),
  ttl: v.optional(
    v.pipe(
      v.number(TTL_FIX),
      v.integer(TTL_FIX),
      v.minValue(0, TTL_FIX),
      v.maxValue(TTL_SECONDS_MAX, TTL_FIX),
    ),
  ),
  urgency: v.optional(v.picklist(URGENCIES, `is one of ${URGENCIES.join(", ")}`)),
  exclude: v.optional(
    v.pipe(v.string(), v.regex(/^c_[0-9a-f-]{36}$/, "is the `connection` of a `connected` frame")),
  ),
}) satisfies v.GenericSchema<unknown, unknown>;

/** Takes parsed JSON; returns a message, or a refusal that names the field at fault. */
export function parseMessage(value: unknown): { message: Message } | Refusal {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refusal("invalid_params", "a message is a JSON object");
  const result = v.safeParse(message, value, { abortEarly: true });
  if (!result.success) return refusalFromIssue(result.issues[0], adviceOn);
  const { type, data, notification: shown } = result.output;
  if (type === undefined && data === undefined && shown === undefined)
    return refusal(
      "bad_request",
      "the message is empty: give it a `type`, `data` or `notification`",
    );
  return shown === undefined || isSeen(shown as Notification)
    ? { message: result.output as Message }
    : refusal(
        "invalid_params",
        "a notification shows nothing: give it a `title` or a `body` that can be read, or leave `notification` out",
        shown.title === undefined ? "notification" : "notification.title",
      );
}

/** Whether a notification has anything to show: text, a picture or an action. */
function isSeen({ title, body, icon, image, actions = [] }: Notification): boolean {
  const isPicture = icon !== undefined || image !== undefined;
  return isVisible(title ?? "") || isVisible(body ?? "") || isPicture || actions.length > 0;
}

/**
 * Whether a text has a visible character: neither white space, nor a control character, nor one without
 * width.
 */
export function isVisible(text: string): boolean {
  return /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);
}

/** Returns advice on a field that a message does not have. */
function adviceOn([outer, ...inner]: unknown[]): string {
  const shown = Object.keys(notification.entries);
  if (inner.length > 0) {
    const known = inner.length === 1 ? shown : Object.keys(action.entries);
    return `it has ${known.join(", ")}; put your own into \`data\`, beside \`notification\``;
  }
  if (shown.includes(String(outer))) return `did you mean \`notification.${outer}\`?`;
  return String(outer).startsWith("notification.")
    ? 'did you mean an object, `"notification": { … }`?'
    : "put your own into `data`";
}

function isWebLink(text: string): boolean {
  // Parsed as a browser does, so that leading white space or control characters do not hide a scheme.
  const url = URL.parse(text, "https://relative.invalid");
  return url !== null && (url.protocol === "https:" || url.protocol === "http:");
}
