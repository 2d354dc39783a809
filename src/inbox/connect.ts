// A new socket of a user's device: is it still welcome, where did it leave off, what did it miss.

import type { Log } from "../log/log.ts";
import type { Since } from "../protocol/cursor.ts";
import { type MessagesDraft, printConnected, printMessages } from "../protocol/down.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { CONNECTIONS_MAX } from "../protocol/limits.ts";
import type { Caller } from "../socket/attachment.ts";
import type { Sockets } from "../socket/sockets.ts";
import { startOf } from "../socket/upgrade.ts";
import { countsOf, replay, snapshot } from "./read.ts";
import type { InboxOwn } from "./state.ts";

/** Whether a token issued at `iat` (seconds, null when it does not say) was revoked since. */
export function isRevoked(own: InboxOwn, iat: number | null): boolean {
  return own.notBefore !== null && (iat ?? 0) < own.notBefore;
}

export const REVOKED = refusal("invalid_token", "the token was revoked: get a new one");

/**
 * Takes the object's end of the socket and sends the first frames, in one turn: nothing that is
 * published meanwhile can come before the replay. Gives the reason when it takes it not.
 */
export function connectInbox(
  log: Log<InboxOwn>,
  sockets: Sockets,
  ws: WebSocket,
  caller: Caller,
  since: Since,
  now: number,
  ageMs: number,
): Refusal | null {
  log.confirm();
  const { epoch, head, oldest, own } = log.at(now);
  if (isRevoked(own, caller.iat)) return REVOKED;
  sockets.sweep(now);
  if (sockets.size >= CONNECTIONS_MAX)
    return refusal("connection_limit", `close one of the user's ${CONNECTIONS_MAX} connections`);
  const first = firstFrame(log, since, now, ageMs);
  const connected = printConnected({
    connection: caller.connection,
    epoch,
    offset: head,
    recovered: typeof since === "string" || first?.snapshot !== true,
    oldest,
    counts: countsOf(own),
    expires_in: caller.exp === null ? null : caller.exp - Math.floor(now / 1000),
  });
  const frames = first === null ? [connected] : [connected, ...printMessages(first)];
  sockets.send(sockets.accept(ws, caller), frames, now);
  return null;
}

/** What follows `connected`: a snapshot, a replay, or nothing. */
function firstFrame(
  log: Log<InboxOwn>,
  since: Since,
  now: number,
  ageMs: number,
): MessagesDraft | null {
  if (since === "latest") return null;
  if (since === "snapshot" || !log.reaches(since, now)) return snapshot(log, now, ageMs);
  const { epoch, head } = log.at(now);
  const start = startOf(since, epoch) as number;
  if (start === head) return null;
  return replay(log, start, now, ageMs) ?? snapshot(log, now, ageMs);
}
