// What a user is replayed of topics: so much in time, a few topics at once, and no more than is read.

import type { Joined } from "../objects/member.ts";
import { inTime } from "../objects/stubs.ts";
import type { Since } from "../protocol/cursor.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { REPLAYED_UNITS_MAX, REPLAYED_UNITS_PER_SECOND, SLOW_MS } from "../protocol/limits.ts";
import { Allowance } from "../socket/allowance.ts";
import { keepsUp, type Session } from "../socket/session.ts";
import type { Sockets } from "../socket/sockets.ts";
import { Turns } from "./turns.ts";

/** Topics that an inbox joins at once, and one connection of it: each may bring 4 Mi units. */
export const JOINS_AT_ONCE = 2;
/** How often a connection that reads slowly is looked at, before it is sent more. */
const LOOK_MS = 100;

export class Replays {
  readonly #sockets: Pick<Sockets, "hasRoom">;
  readonly #clock: () => number;
  readonly #allowance = new Allowance(REPLAYED_UNITS_MAX, REPLAYED_UNITS_PER_SECOND);
  readonly #turns = new Turns(JOINS_AT_ONCE);

  constructor(sockets: Pick<Sockets, "hasRoom">, clock: () => number) {
    this.#sockets = sockets;
    this.#clock = clock;
  }

  /**
   * The topic's object reads and carries a replay, and this one holds it. The allowance is looked at
   * and spent within one turn: a connect asks for a hundred topics at once. A topic that does not answer
   * must not keep the turn. A subscription from now on brings nothing, and takes no turn.
   */
  async inTurn(since: Since, join: () => Promise<Joined | Refusal>): Promise<Joined | Refusal> {
    if (since === "latest") return inTime(join());
    const end = await this.#turns.take();
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

/** Waits until a connection has read most of what it was sent: the replays of a connect are many. */
export async function requireRead(session: Session): Promise<void> {
  const isOpen = () => session.ws.readyState === WebSocket.OPEN;
  for (let waited = 0; isOpen() && !keepsUp(session); waited += LOOK_MS) {
    if (waited >= SLOW_MS)
      throw new RefusalError(
        refusal("too_many_requests", "read first what you have been sent", "topic"),
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (!isOpen()) throw new RefusalError(refusal("temporary", "connect again"));
}
