// A new socket on a topic: where it left off, and what it missed.

import type { Log } from "../log/log.ts";
import type { Since } from "../protocol/cursor.ts";
import { printConnected, printMessages } from "../protocol/down.ts";
import { SNAPSHOT_MESSAGES } from "../protocol/limits.ts";
import type { Caller } from "../socket/attachment.ts";
import { startOf } from "../socket/upgrade.ts";
import { entriesAfter, newest } from "./history.ts";
import type { TopicOwn } from "./keep.ts";

/** The first frames of a connection, as of now: whatever is published later comes after them. */
export function greetTopic(
  topic: string,
  log: Log<TopicOwn>,
  { connection, exp }: Caller,
  since: Since,
  now: number,
): string[] {
  const { epoch, head, oldest } = log.at(now);
  const recovered = typeof since === "string" || log.reaches(since, now);
  const connected = printConnected({
    connection,
    topic,
    epoch,
    offset: head,
    recovered,
    oldest,
    expires_in: exp === null ? null : exp - Math.floor(now / 1000),
  });
  const base = { topic, epoch, to: head, oldest };
  const start = recovered ? startOf(since, epoch) : null;
  if (start !== null) {
    if (start === head) return [connected];
    const messages = entriesAfter(log, start, now);
    return [connected, ...printMessages({ ...base, since: start, messages })];
  }
  if (recovered && since === "latest") return [connected];
  const messages = newest(log, head + 1, SNAPSHOT_MESSAGES, now);
  return [connected, ...printMessages({ ...base, since: null, snapshot: true, messages })];
}
