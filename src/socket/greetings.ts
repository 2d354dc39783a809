// The order of greetings: each socket is greeted a turn after it came, and not all of them in one turn.

import { report } from "../protocol/report.ts";
import { disconnect } from "./close.ts";
import type { UngreetedSession } from "./session.ts";

/**
 * Sockets greeted in one turn. When thousands connect at once, all their greetings would otherwise lie in
 * memory until the turn ends.
 */
const GREETED_PER_TURN = 32;

export class Greetings {
  readonly #confirm: () => void;
  readonly #greet: (session: UngreetedSession) => void;
  readonly #waiting: UngreetedSession[] = [];

  /** `confirm` is called once in each turn before `greet`, and throws when nobody may be greeted. */
  constructor(confirm: () => void, greet: (session: UngreetedSession) => void) {
    this.#confirm = confirm;
    this.#greet = greet;
  }

  // A frame sent while the upgrade is still being answered is copied through a pipe, which costs the runtime
  // 10 KiB for the life of the socket. A turn later it goes straight out.
  soon(session: UngreetedSession): void {
    // The first socket of each batch schedules a turn for it, so that none waits in vain.
    if (this.#waiting.push(session) % GREETED_PER_TURN !== 1) return;
    setTimeout(() => this.now(this.#waiting.splice(0, GREETED_PER_TURN)), 0);
  }

  now(sessions: UngreetedSession[]): void {
    let isConfirmed = false;
    for (const session of sessions) {
      try {
        if (!isConfirmed) this.#confirm();
        isConfirmed = true;
        this.#greet(session);
      } catch (cause) {
        // A socket that cannot be greeted must not stop the greetings of the others.
        const { connection } = session.attachment;
        report("greeting_failed", { connection }, cause);
        disconnect(session.ws, 4001);
      }
    }
  }
}
