// The greeting of a user's new socket: whether its token was revoked, and its first frames.

import type { Log } from "../log/log.ts";
import type { Since } from "../protocol/cursor.ts";
import { type MessagesDraft, printConnected, printMessages } from "../protocol/down.ts";
import type { Caller } from "../socket/attachment.ts";
import { replayStart } from "../socket/upgrade.ts";
import { countsOf, replay, snapshot } from "./read.ts";
import type { InboxMeta } from "./state.ts";

/** Returns whether a token issued at `iat` (seconds, null when it has none) has been revoked. */
export function isRevoked(meta: InboxMeta, iat: number | null): boolean {
  return meta.notBefore !== null && (iat ?? 0) < meta.notBefore;
}

/** Returns the first frames of a connection, as of now: every later change comes after them. */
export function greetInbox(
  log: Log<InboxMeta>,
  { connection, exp }: Caller,
  since: Since,
  clock: number,
  ageMs: number,
): string[] {
  const now = log.now(clock);
  const { epoch, head, oldest, meta } = log.at(now);
  const first = firstFrame(log, since, now, ageMs);
  const connected = printConnected({
    connection,
    epoch,
    offset: head,
    recovered: typeof since === "string" || first?.snapshot !== true,
    oldest,
    counts: countsOf(meta),
    time: new Date(now).toISOString(),
    expires_in: exp === null ? null : exp - Math.floor(clock / 1000),
  });
  return first === null ? [connected] : [connected, ...printMessages(first)];
}

/** Returns the frame after `connected`: a snapshot, a replay, or null for none. */
function firstFrame(
  log: Log<InboxMeta>,
  since: Since,
  now: number,
  ageMs: number,
): MessagesDraft | null {
  if (since === "latest") return null;
  if (since === "snapshot" || "time" in since || !log.reaches(since, now))
    return snapshot(log, now, ageMs);
  const { epoch, head } = log.at(now);
  const start = replayStart(since, epoch) as number;
  if (start === head) return null;
  return replay(log, start, now, ageMs) ?? snapshot(log, now, ageMs);
}
