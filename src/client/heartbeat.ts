// Whether the other end is still there and lets this user in, judged by the clock: a page's timers may be
// held back for minutes, and a machine may sleep between two of them.

import type { Cancel, Environment } from "./environment.ts";

/** How long an answer to `ping` may take. */
const PONG_MS = 8_000;
/** Longest delay that a timer takes. A later end is noticed by a ping. */
const TIMER_MS_MAX = 1e9;

export interface Heartbeat {
  /**
   * Pings once, since the hub takes a socket for lost only when that has pinged before; then every so
   * many seconds.
   */
  start(pingSeconds: number): void;
  /** The token has so long to go; null when it has no end. Holds without a line, too. */
  endIn(seconds: number | null): void;
  /** Something arrived. */
  heard(): void;
  /** Pings now, unless an answer is waited for: asked again and again, it would never be overdue. */
  beat(): void;
  /** Does what is due. */
  look(): void;
  /** There is no line. */
  stop(): void;
}

/**
 * `renew`: it is time for a new token. `end`: the token has ended, and no other one was taken; said once.
 * `die`: nothing is heard.
 */
export function createHeartbeat(
  { now, after }: Environment,
  ping: () => void,
  renew: () => void,
  end: () => void,
  die: () => void,
): Heartbeat {
  let pingMs = 0;
  // When something is due.
  let pingAt = Infinity;
  let overdueAt = Infinity;
  let renewAt = Infinity;
  let endsAt = Infinity;
  let cancel: Cancel = () => undefined;

  function rest() {
    cancel();
    const ms = Math.min(pingAt, overdueAt, renewAt, endsAt) - now();
    if (ms < TIMER_MS_MAX) cancel = after(ms, look);
  }

  function look() {
    const time = now();
    if (time >= endsAt) {
      endsAt = Infinity;
      end();
      return;
    }
    // A timer that comes late was held back, and so was what had arrived: it is asked again.
    if (time >= overdueAt && time <= overdueAt + PONG_MS) {
      die();
      return;
    }
    if (time >= renewAt) {
      // Should this one fail, another is tried.
      renewAt = time + pingMs;
      renew();
    }
    if (time >= Math.min(pingAt, overdueAt)) {
      pingAt = time + pingMs;
      overdueAt = time + PONG_MS;
      ping();
    }
    rest();
  }

  return {
    start(pingSeconds) {
      pingMs = pingSeconds * 1_000;
      pingAt = now() + pingMs - PONG_MS;
      ping();
      rest();
    },
    endIn(seconds) {
      const ms = (seconds ?? Infinity) * 1_000;
      endsAt = now() + ms;
      // When four fifths of its time are over, which the hub rounds up to a second.
      renewAt = now() + ms * 0.8 - 800;
      rest();
    },
    heard() {
      overdueAt = Infinity;
    },
    beat() {
      if (overdueAt === Infinity) pingAt = 0;
      look();
    },
    look,
    stop() {
      pingAt = overdueAt = renewAt = Infinity;
      rest();
    },
  };
}
