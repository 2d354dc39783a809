// The limits on connections: how many one user may hold open at an object, which of them makes room, and how
// many all callers may hold together.

import { type Refusal, refusal } from "../protocol/error.ts";
import { CONNECTIONS_MAX, UNHEARD_MS } from "../protocol/limits.ts";
import { ANONYMOUS, type Caller } from "./attachment.ts";
import { disconnect } from "./close.ts";
import type { Sockets } from "./sockets.ts";

/** Returns a refusal when the user has too many connections, else null. An API key has no limit. */
export function limitRefusal(sockets: Sockets, user: string | null, now: number): Refusal | null {
  const isFull = () => user !== null && sockets.countOf(user, CONNECTIONS_MAX) >= CONNECTIONS_MAX;
  if (!isFull()) return null;
  // Connections that fell silent make room first, then one that never sent anything: it may have been lost
  // before its first ping.
  sockets.sweep(now);
  if (!isFull()) return null;
  const unheard = oldestUnheard(sockets, user, now);
  if (unheard !== null) disconnect(unheard, 4004);
  return isFull()
    ? refusal("connection_limit", `close one of the user's ${CONNECTIONS_MAX} connections`)
    : null;
}

/** Returns a refusal when an object that has `most` sockets may not take another, else null. */
export function crowdRefusal(
  sockets: Sockets,
  { user, source }: Caller,
  most: number,
  now: number,
): Refusal | null {
  // A crowd of users or anonymous callers must not lock out a backend.
  const isBackend = user === null && source !== ANONYMOUS;
  if (isBackend || sockets.size < most || sockets.openAt(now) < most) return null;
  return refusal("overloaded", `the topic has ${most} sockets: come back later`);
}

/**
 * Returns the user's oldest open connection that came at least UNHEARD_MS ago and has never sent a ping or
 * a frame; null for none.
 */
function oldestUnheard(sockets: Sockets, user: string | null, now: number): WebSocket | null {
  let oldest: WebSocket | null = null;
  let since = now - UNHEARD_MS;
  for (const { ws, attachment } of sockets.sessions()) {
    if (attachment.user !== user || ws.readyState !== WebSocket.OPEN) continue;
    const acceptedAt = (attachment.accepted ?? Number.POSITIVE_INFINITY) * 1000;
    if (acceptedAt > since || sockets.pingedAt(ws) !== null) continue;
    // The times are whole seconds: among several in the same second the first stays the oldest.
    if (oldest !== null && acceptedAt === since) continue;
    oldest = ws;
    since = acceptedAt;
  }
  return oldest;
}
