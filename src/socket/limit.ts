// How many connections one user may hold open at an object.

import { type Refusal, refusal } from "../protocol/error.ts";
import { CONNECTIONS_MAX } from "../protocol/limits.ts";
import type { Sockets } from "./sockets.ts";

/** Why one more connection of the user is not taken; null when it is. An API key has no limit. */
export function limitRefusal(sockets: Sockets, user: string | null, now: number): Refusal | null {
  if (user === null || sockets.countOf(user, CONNECTIONS_MAX) < CONNECTIONS_MAX) return null;
  // Those that fell silent make room.
  sockets.sweep(now);
  return sockets.countOf(user, CONNECTIONS_MAX) < CONNECTIONS_MAX
    ? null
    : refusal("connection_limit", `close one of the user's ${CONNECTIONS_MAX} connections`);
}
