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
  const start = typeof since !== "string" && log.reaches(since, now) ? startOf(since, epoch) : null;
  const missed = start === null ? null : entriesAfter(log, start, now);
  const recovered = typeof since === "string" || missed !== null;
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
  if (missed !== null) {
    if (start === head) return [connected];
    return [connected, ...printMessages({ ...base, since: start, messages: missed })];
  }
  if (since === "latest") return [connected];
  const messages = newest(log, head + 1, SNAPSHOT_MESSAGES, now);
  return [connected, ...printMessages({ ...base, since: null, snapshot: true, messages })];
}
