// The start of a socket or of a member on a topic: its position in the log, and the messages it missed.

import type { Log } from "../log/log.ts";
import type { Since } from "../protocol/cursor.ts";
import { printConnected, printMessages } from "../protocol/down.ts";
import { SNAPSHOT_MESSAGES } from "../protocol/limits.ts";
import type { Caller } from "../socket/attachment.ts";
import { replayStart } from "../socket/upgrade.ts";
import { beginOf, entriesAfter, newest } from "./history.ts";
import type { TopicMeta } from "./log-policy.ts";

/**
 * The messages that a subscriber lacks. `since` is null for a snapshot: `messages` replace all that the
 * subscriber holds.
 */
export interface Missed {
  since: number | null;
  recovered: boolean;
  messages: string[];
}

/**
 * Returns the messages after a cursor or from a time on. Returns a snapshot of the newest messages where
 * `since` asks for one, where the log no longer reaches the cursor, or where the messages are too many
 * for one replay.
 */
export function missed(log: Log<TopicMeta>, since: Since, now: number): Missed {
  const { epoch, head } = log.at(now);
  if (since === "latest") return { since: head, recovered: true, messages: [] };
  if (since !== "snapshot") {
    const isTime = "time" in since;
    const { offset, recovered } = isTime
      ? beginOf(log, since, now)
      : { offset: replayStart(since, epoch) as number, recovered: log.reaches(since, now) };
    const messages = isTime || recovered ? entriesAfter(log, offset, now) : null;
    if (messages !== null) return { since: isTime ? null : offset, recovered, messages };
  }
  const messages = newest(log, head + 1, SNAPSHOT_MESSAGES, now);
  return { since: null, recovered: since === "snapshot", messages };
}

/**
 * Returns the first frames of a connection, as of `now`. Messages that are published later follow these
 * frames.
 */
export function greetTopic(
  topic: string,
  log: Log<TopicMeta>,
  { connection, exp }: Caller,
  asked: Since,
  now: number,
  sockets = 0,
): string[] {
  const { epoch, head, oldest } = log.at(now);
  const { since, recovered, messages } = missed(log, asked, now);
  const connected = printConnected(
    {
      connection,
      topic,
      epoch,
      offset: head,
      recovered,
      oldest,
      time: new Date(now).toISOString(),
      expires_in: exp === null ? null : exp - Math.floor(now / 1000),
    },
    sockets,
  );
  const frame = { topic, epoch, to: head, oldest, messages };
  if (since === head) return [connected];
  const step = since === null ? { ...frame, since, snapshot: true as const } : { ...frame, since };
  return [connected, ...printMessages(step)];
}
