// The items of a request's body: JSON, NDJSON, text, or a form, which is then read as JSON or text.

import { isRefusal, type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { parseJson } from "../protocol/json.ts";
import { LIST_MESSAGES_MAX } from "../protocol/limits.ts";
import { isVisible } from "./parse.ts";

/** One item of a body: parsed JSON, or the refusal of an item that could not be read. */
export type Item = { value: unknown } | Refusal;

/** `isList` decides the form of the answer: a list of one item is answered as a list. */
export interface Items {
  items: Item[];
  isList: boolean;
}

/**
 * Takes the body of a publish request and its content type, null where it has none; returns its items.
 * Throws a RefusalError when the body as a whole is refused.
 */
export function parseItems(text: string, contentType: string | null): Items {
  switch (mediaType(contentType)) {
    case "application/json":
      return jsonItems(text);
    case "application/x-ndjson":
    case "application/ndjson":
    case "application/jsonl":
      return { items: limited(lines(text)).map(parseJson), isList: true };
    case "text/plain":
      return plainItem(text);
    // curl sends a form's type unless another is set; a bare `curl -d` must work.
    case "application/x-www-form-urlencoded":
    case "":
      return /^\s*[{[]/.test(text) ? jsonItems(text) : textItem(text);
    default:
      throw new RefusalError(
        refusal(
          "unsupported_media_type",
          "send application/json, application/x-ndjson or text/plain",
          "content-type",
        ),
      );
  }
}

function mediaType(contentType: string | null): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function jsonItems(text: string): Items {
  const parsed = parseJson(text);
  if (isRefusal(parsed)) throw new RefusalError(parsed);
  if (!Array.isArray(parsed.value)) return { items: [parsed], isList: false };
  return { items: limited(parsed.value).map((value) => ({ value })), isList: true };
}

/**
 * `fetch` sets text/plain by default, and a message in JSON must not become the text of another one.
 */
function plainItem(text: string): Items {
  if (/^\s*[{[]/.test(text) && looksLikeMessages(text))
    throw new RefusalError(
      refusal(
        "unsupported_media_type",
        "this is a message in JSON: send it with `content-type: application/json`",
        "content-type",
      ),
    );
  return textItem(text);
}

/** Whether the text or its first line is a message or a list of messages, valid or not. */
function looksLikeMessages(text: string): boolean {
  return [text, text.trimStart().split("\n", 1)[0] ?? ""].some((json) => {
    try {
      return [JSON.parse(json)].flat().some(isMessage);
    } catch {
      return false;
    }
  });
}

const isMessage = (item: unknown) =>
  typeof item === "object" && item !== null && CONTENT.some((name) => Object.hasOwn(item, name));

/** A message has at least one of these. */
const CONTENT = ["type", "data", "notification"];

function textItem(text: string): Items {
  if (!isVisible(text))
    throw new RefusalError(refusal("bad_request", "the body is empty: send a message"));
  return { items: [{ value: { notification: { body: text } } }], isList: false };
}

const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

/** Checks the length of a list before any of its items is read. */
function limited<T>(list: T[]): T[] {
  if (list.length > LIST_MESSAGES_MAX)
    throw new RefusalError(
      refusal("payload_too_large", `send at most ${LIST_MESSAGES_MAX} messages`),
    );
  if (list.length === 0)
    throw new RefusalError(refusal("bad_request", "the list is empty: send a message"));
  return list;
}
