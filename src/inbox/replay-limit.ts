// The limits on the replays of topics to a user: an amount over time, a few topics at once, and nothing more
// for a connection that does not read.

import type { Joined } from "../objects/member.ts";
import { inTime } from "../objects/stubs.ts";
import type { Since } from "../protocol/cursor.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { REPLAYED_UNITS_MAX, REPLAYED_UNITS_PER_SECOND, SLOW_MS } from "../protocol/limits.ts";
import { keepsUp, type LiveSession } from "../socket/session.ts";
import type { Sockets } from "../socket/sockets.ts";
import { TokenBucket } from "../socket/token-bucket.ts";
import { Semaphore } from "./semaphore.ts";

/** Topics that an inbox, or a connection of it, joins at once: each may return 4 Mi units. */
export const JOINS_AT_ONCE = 2;
/** How often a slow connection is checked before it is sent more, in ms. */
const LOOK_MS = 100;

export class ReplayLimit {
  readonly #sockets: Pick<Sockets, "hasRoom">;
  readonly #clock: () => number;
  readonly #allowance = new TokenBucket(REPLAYED_UNITS_MAX, REPLAYED_UNITS_PER_SECOND);
  readonly #semaphore = new Semaphore(JOINS_AT_ONCE);

  constructor(sockets: Pick<Sockets, "hasRoom">, clock: () => number) {
    this.#sockets = sockets;
    this.#clock = clock;
  }

  /**
   * Runs a join when a turn is free; returns its result, or a refusal above the limits. The topic's object
   * must read and carry a replay, and this object must hold it. The allowance is checked and spent within one
   * turn, because one connect may ask for a hundred topics at once. Rejects when the topic does not answer in
   * time, so that it cannot keep the turn. A subscription from now on replays nothing, and takes no turn.
   */
  async join(since: Since, join: () => Promise<Joined | Refusal>): Promise<Joined | Refusal> {
    if (since === "latest") return inTime(join());
    const end = await this.#semaphore.acquire();
    try {
      if (!this.#allowance.has(this.#clock()))
        return refusal("too_many_requests", "wait: too much was replayed lately", "topic");
      if (!this.#sockets.hasRoom(0))
        return refusal("too_many_requests", "wait: too much lies unread", "topic");
      const joined = await inTime(join());
      if ("messages" in joined)
        this.#allowance.spend(
          joined.messages.reduce((sum, { length }) => sum + length, 0),
          this.#clock(),
        );
      return joined;
    } finally {
      end();
    }
  }
}

/**
 * Waits until a connection has read most of its frames: one connect may ask for many replays. Throws a
 * RefusalError when the connection is still behind after SLOW_MS, or has closed.
 */
export async function requireRead(session: LiveSession): Promise<void> {
  const isOpen = () => session.ws.readyState === WebSocket.OPEN;
  for (let waited = 0; isOpen() && !keepsUp(session); waited += LOOK_MS) {
    if (waited >= SLOW_MS)
      throw new RefusalError(
        refusal("too_many_requests", "read the frames that wait for you first", "topic"),
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (!isOpen()) throw new RefusalError(refusal("temporary", "connect again"));
}
