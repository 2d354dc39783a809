// How many connections one user may hold open at an object, and which of them makes room; and how many
// all callers together.

import { type Refusal, refusal } from "../protocol/error.ts";
import { CONNECTIONS_MAX, UNHEARD_MS } from "../protocol/limits.ts";
import { ANONYMOUS, type Caller } from "./attachment.ts";
import { disconnect } from "./close.ts";
import type { Sockets } from "./sockets.ts";

/** Why one more connection of the user is not taken; null when it is. An API key has no limit. */
export function limitRefusal(sockets: Sockets, user: string | null, now: number): Refusal | null {
  const isFull = () => user !== null && sockets.countOf(user, CONNECTIONS_MAX) >= CONNECTIONS_MAX;
  if (!isFull()) return null;
  // Those that fell silent make room, then one from which nothing ever came: it may have been lost
  // before its first ping.
  sockets.sweep(now);
  if (!isFull()) return null;
  const unheard = oldestUnheard(sockets, user, now);
  if (unheard !== null) disconnect(unheard, 4004);
  return isFull()
    ? refusal("connection_limit", `close one of the user's ${CONNECTIONS_MAX} connections`)
    : null;
}

/** Why one more socket is not taken by an object that has so many; null when it is. */
export function crowdRefusal(
  sockets: Sockets,
  { user, source }: Caller,
  most: number,
  now: number,
): Refusal | null {
  // Strangers must not lock out a backend.
  const isBackend = user === null && source !== ANONYMOUS;
  if (isBackend || sockets.size < most || sockets.openAt(now) < most) return null;
  return refusal("overloaded", `the topic has ${most} sockets: come back later`);
}

/** The oldest connection of the user that has sent neither a ping nor a frame, if it had the time to. */
function oldestUnheard(sockets: Sockets, user: string | null, now: number): WebSocket | null {
  let oldest: WebSocket | null = null;
  let since = now - UNHEARD_MS;
  for (const { ws, attachment } of sockets.sessions()) {
    if (attachment.user !== user || ws.readyState !== WebSocket.OPEN) continue;
    const acceptedAt = (attachment.accepted ?? Number.POSITIVE_INFINITY) * 1000;
    if (acceptedAt > since || sockets.pingedAt(ws) !== null) continue;
    // Of several within one second the first in order stays the oldest.
    if (oldest !== null && acceptedAt === since) continue;
    oldest = ws;
    since = acceptedAt;
  }
  return oldest;
}
