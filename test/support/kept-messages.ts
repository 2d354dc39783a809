// All messages of a log that a running hub keeps, page by page, in the order of the log.

import { expect } from "vitest";
import type { LogMessage } from "../../src/protocol/message.ts";
import { call } from "./backend.ts";

/** All notifications of a user; none of them may have been marked. */
export async function keptByUser(url: string, user: string): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  for (let before = ""; ; ) {
    const path = `/v1/users/${user}/notifications?limit=100${before}`;
    const { json } = await call(url, "GET", path);
    found.push(...json.notifications);
    if (json.next === null) {
      const shown = found.filter(({ notification }) => notification !== undefined).length;
      expect(json.counts).toEqual({ unread: shown, unseen: shown, total: found.length });
      return found.reverse();
    }
    before = `&before=${json.next}`;
  }
}

/** All messages of a topic. */
export async function keptByTopic(url: string, topic: string): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  for (let since = "0:0"; ; ) {
    const path = `/v1/topics/${topic}/messages?limit=100&since=${since}`;
    const { json } = await call(url, "GET", path);
    expect(json.recovered).toBe(true);
    found.push(...json.messages);
    if (json.next === null) return found;
    since = json.next;
  }
}
