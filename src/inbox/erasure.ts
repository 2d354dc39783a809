// Erasing a user: first the user's name in the lists of the topics, then all that is stored here, in
// one turn. Nothing that began before comes back afterwards.

import type { Alarm } from "../log/alarm.ts";
import type { Log } from "../log/log.ts";
import type { Sockets } from "../socket/sockets.ts";
import type { FollowCursors } from "./cursors.ts";
import type { Follows } from "./follow.ts";
import type { Joins } from "./joins.ts";
import type { InboxKeep } from "./keep.ts";
import type { Life } from "./life.ts";
import type { Memberships } from "./memberships.ts";
import type { InboxOwn } from "./state.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface Parts {
  log: Log<InboxOwn>;
  keep: InboxKeep;
  sockets: Pick<Sockets, "closeAll">;
  alarm: Pick<Alarm, "gone">;
  cursors: FollowCursors;
  follows: Pick<Follows, "leave">;
  subscriptions: Pick<Subscriptions, "topics">;
  joins: Pick<Joins, "topics">;
  memberships: Pick<Memberships, "topics">;
  life: Life;
  clock(): number;
}

export class Erasure {
  readonly #parts: Parts;
  /** Topics that may still name the user. In memory: what a restart forgets, the topic's next delivery finds. */
  readonly #toLeave = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Throws when a topic could not be left, for the whole to be repeated. */
  async erase(): Promise<void> {
    const { sockets, life } = this.#parts;
    const end = life.end();
    try {
      const unreadable = this.#whyUnreadable();
      for (const topic of this.#topics()) this.#toLeave.add(topic);
      // A socket that stayed open would go on believing that it subscribes.
      sockets.closeAll(4503);
      // Leaving changes the checkpoint; where there is none to change, everything goes first.
      if (unreadable !== null) await this.#eraseUnread(unreadable);
      await this.#leaveAll(unreadable === null);
      if (unreadable === null) await this.#eraseNow(this.#parts.log.at(this.#parts.clock()).own);
    } finally {
      end();
    }
  }

  #whyUnreadable(): string | null {
    try {
      this.#parts.log.at(this.#parts.clock());
      return null;
    } catch (cause) {
      return String(cause);
    }
  }

  #topics(): string[] {
    const { cursors, subscriptions, joins, memberships } = this.#parts;
    const known = [cursors, subscriptions, joins, memberships];
    return known.flatMap((each) => each.topics());
  }

  /** Whether a revocation was among it is not known, so every token until now counts as revoked. */
  #eraseUnread(cause: string): Promise<void> {
    console.error(JSON.stringify({ event: "erased_unread", cause }));
    return this.#eraseNow({ notBefore: Math.floor(this.#parts.clock() / 1000) });
  }

  #eraseNow({ notBefore }: Pick<InboxOwn, "notBefore">): Promise<void> {
    const { log, keep, sockets, cursors, alarm } = this.#parts;
    const erased = log.erase({ ...keep.empty(), notBefore });
    // In the same turn, so that nobody who connected meanwhile goes on showing what is gone.
    sockets.closeAll(4503);
    cursors.erased();
    alarm.gone();
    return erased;
  }

  async #leaveAll(isTimeKnown: boolean): Promise<void> {
    const left = await Promise.allSettled(
      [...this.#toLeave].map(async (topic) => {
        await this.#parts.follows.leave(topic, isTimeKnown);
        this.#toLeave.delete(topic);
      }),
    );
    const failed = left.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
