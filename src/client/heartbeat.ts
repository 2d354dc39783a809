// Whether the other end is still there and lets this user in, judged by the clock: a page's timers may be
// held back for minutes, and a machine may sleep between two of them.

import type { Cancel, Environment } from "./environment.ts";

/** How long an answer to `ping` may take. */
const PONG_MS = 8_000;
/** Stands for a token about which nothing is to be done. */
const FOREVER_SECONDS = 1e9;
/** Longest delay that a timer takes. A later end is noticed by a beat. */
const TIMER_MS_MAX = 1e9;

export interface Heartbeat {
  /**
   * Pings once, since the hub takes a socket for lost only when that has pinged before; then beats every
   * so many seconds.
   */
  start(pingSeconds: number): void;
  /** The token has so long to go; null when nothing is to be done about it. Holds without a line, too. */
  endIn(seconds: number | null): void;
  /** Whether the token has ended, which it says again. */
  isOver(): boolean;
  /** Something arrived. */
  heard(): void;
  /** Beats now. */
  beat(): void;
  stop(): void;
}

export interface Beats {
  ping(): void;
  /** It is time for a new token. */
  renew(): void;
  /** The token has ended, and no other one was taken. */
  ended(): void;
  dead(): void;
}

export function createHeartbeat({ now, after }: Environment, beats: Beats): Heartbeat {
  let pingMs = 0;
  let renewAt = 0;
  let endsAt = Infinity;
  /** When the answer that is waited for is overdue; 0 when none is. */
  let overdueAt = 0;
  let cancel: Cancel = () => undefined;
  let cancelEnd = cancel;

  function isOver() {
    const is = now() >= endsAt;
    if (is) beats.ended();
    return is;
  }

  /** Until the next beat, or until it is time for a new token. */
  function rest() {
    cancel();
    cancel = after(Math.max(0, Math.min(pingMs - PONG_MS, renewAt - now())), beat);
  }

  function beat() {
    const time = now();
    if (isOver()) return;
    // Asked again and again, it would never come to be overdue.
    if (time < overdueAt) return;
    if (time >= renewAt) {
      // Should this one fail, a later beat tries again.
      renewAt = time + pingMs;
      beats.renew();
    }
    overdueAt = time + PONG_MS;
    beats.ping();
    cancel();
    cancel = after(PONG_MS, () => {
      if (!overdueAt) rest();
      // A timer that comes late was held back, and so was what had arrived: it is asked again.
      else if (now() > overdueAt + PONG_MS) beat();
      else beats.dead();
    });
  }

  return {
    start(pingSeconds) {
      pingMs = pingSeconds * 1_000;
      beats.ping();
      rest();
    },
    endIn(seconds) {
      const ms = (seconds ?? FOREVER_SECONDS) * 1_000;
      endsAt = now() + ms;
      // When four fifths of its time are over, which the hub rounds up to a second.
      renewAt = endsAt - 800 - ms / 5;
      cancelEnd();
      if (ms < TIMER_MS_MAX) cancelEnd = after(ms, beats.ended);
    },
    isOver,
    heard() {
      overdueAt = 0;
    },
    beat,
    stop() {
      cancel();
    },
  };
}
