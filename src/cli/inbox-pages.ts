// The pages of a user's inbox.

import { type Cursor, parseCursor } from "../protocol/cursor.ts";
import type { Counts, InboxMessage } from "../protocol/message.ts";
import { callHub, hubAnswer, inPath } from "./call-hub.ts";
import type { Target } from "./find-hub.ts";

export interface Page {
  notifications: InboxMessage[];
  counts: Counts;
  cursor: string;
  next: number | null;
}

export async function inboxPage(
  target: Target,
  user: string,
  query: Record<string, string | undefined>,
): Promise<Page> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given as [string, string][]);
  const path = `users/${inPath(user)}/notifications?${search}`;
  const page = (await callHub(target, "GET", path)) as Page;
  return hubAnswer(page, ["notifications[]", "counts", "cursor", "next"]);
}

/**
 * Returns the messages of an inbox since `time` (milliseconds), newest first, and the cursor of the log as of
 * the first page. Messages that arrive while later pages are read are after that cursor, so the stream
 * delivers them.
 */
export async function inboxSince(
  target: Target,
  user: string,
  time: number,
): Promise<{ messages: InboxMessage[]; cursor: Cursor }> {
  const messages: InboxMessage[] = [];
  let before: number | undefined;
  let cursor: Cursor | null = null;
  for (;;) {
    const page = await inboxPage(target, user, { state: "all", before: before?.toString() });
    cursor ??= parseCursor(page.cursor);
    if (cursor === null) throw new SyntaxError(`"${page.cursor}" is no cursor`);
    const fresh = page.notifications.filter((message) => Date.parse(message.time) >= time);
    messages.push(...fresh);
    if (page.next === null || fresh.length < page.notifications.length) return { messages, cursor };
    before = page.next;
  }
}
