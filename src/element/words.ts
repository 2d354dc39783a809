// The words of a notification as plain text. They come from publishers and are untrusted.

import type { LogMessage } from "../client/inbox.ts";
import type { Ui } from "./ui.ts";
import { isVisible } from "./visible.ts";

/** A longer text is no notification any more, and a thousand of them would fill the memory. */
const CHARS_MAX = 2_000;

/** Returns title and body as text; a visible line of the body replaces a blank title. */
export function wordsOf({ notification = {} }: LogMessage, { labels }: Ui): [string, string] {
  const lines = [notification.title ?? "", ...(notification.body ?? "").split("\n")];
  const at = lines.findIndex(isVisible);
  return [cut(lines[at] ?? labels.untitled), lines.slice(at + 1).join("\n")];
}

export const titleOf = (message: LogMessage, ui: Ui): string => wordsOf(message, ui)[0];

/** Cuts a long text between code points, so that no half of a character is left over. */
export function cut(text: string): string {
  return text.length > CHARS_MAX ? `${[...text].slice(0, CHARS_MAX).join("")}…` : text;
}
