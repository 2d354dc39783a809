// The health of a line and of its token, judged by the clock: a page's timers may be held back for minutes, and a
// machine may sleep between two of them.

import type { Cancel, Environment } from "./environment.ts";

/** The longest time that the answer to a `ping` may take. */
const PONG_MS = 8_000;
/** The longest delay of a timer. A later end of the token is noticed at a ping. */
const TIMER_MS_MAX = 1e9;

export interface Heartbeat {
  /**
   * Pings now, since the hub counts a silent socket as lost only if it has pinged before; then pings every
   * `pingSeconds`.
   */
  start(pingSeconds: number): void;
  /** Sets the seconds until the token ends, null for never. They run on without a line, too. */
  endIn(seconds: number | null): void;
  /** Called when anything arrives, which answers the ping. */
  heard(): void;
  /** Pings now, unless an answer is pending: repeated pings would put off its deadline forever. */
  beat(): void;
  /** Acts on everything that is due. */
  look(): void;
  /** Called when there is no line: stops the pings and the renewal. */
  stop(): void;
}

/**
 * Returns a heartbeat that calls `ping` to send one, `renew` when a new token is due, `end` once when the
 * token has ended and no other was accepted, and `die` when the hub is silent.
 */
export function createHeartbeat(
  { now, after }: Environment,
  ping: () => void,
  renew: () => void,
  end: () => void,
  die: () => void,
): Heartbeat {
  let pingMs = 0;
  // The times at which each action is due.
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
    // A late timer was held back, and so were the frames that had arrived: ping again.
    if (time >= overdueAt && time <= overdueAt + PONG_MS) {
      die();
      return;
    }
    if (time >= renewAt) {
      // If this renewal fails, another one is tried.
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
      // After four fifths of the token's time, which the hub rounds up to a second.
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
