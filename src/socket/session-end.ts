// The reasons for which the hub ends a live session: its token has expired, it reads too slowly, or it is
// silent. They are checked when the object is awake anyway, so they need no timer.

import { SILENCE_MS, SLOW_MS } from "../protocol/limits.ts";
import { disconnect } from "./close.ts";
import { keepsUp, type LiveSession, type Session } from "./session.ts";

/** Closes the socket if its token has expired; returns whether it has. */
export function endIfExpired({ ws, attachment }: Session, now: number): boolean {
  if (attachment.exp === null || now < attachment.exp * 1000) return false;
  disconnect(ws, 4002);
  return true;
}

/** Closes the socket if it has read too slowly for SLOW_MS; returns whether it has. */
export function endIfSlow(session: LiveSession, now: number): boolean {
  if (keepsUp(session)) {
    session.slowSince = null;
    return false;
  }
  session.slowSince ??= now;
  if (now - session.slowSince < SLOW_MS) return false;
  disconnect(session.ws, 4003);
  return true;
}

/** Closes the socket if it has pinged, at `pingedAt` (ms) the last time, and then missed three pings. */
export function endIfSilent(session: LiveSession, pingedAt: number | null, now: number): void {
  if (pingedAt === null || now - Math.max(pingedAt, session.lastFrameAt) <= SILENCE_MS) return;
  disconnect(session.ws, 4004);
}
