// The erasure of a user: first every topic removes the user from its members, then all that is stored here
// goes in one turn. Work that began before the erasure brings nothing back.

import type { Alarm } from "../live/alarm.ts";
import type { Log } from "../log/log.ts";
import { report } from "../protocol/report.ts";
import type { Sockets } from "../socket/sockets.ts";
import type { ErasureGate } from "./erasure-gate.ts";
import type { Follows } from "./follow.ts";
import type { FollowCursors } from "./follow-cursors.ts";
import type { InboxPolicy } from "./log-policy.ts";
import type { Memberships } from "./memberships.ts";
import type { PendingByTopic } from "./pending-by-topic.ts";
import type { InboxMeta } from "./state.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface ErasureDeps {
  log: Log<InboxMeta>;
  policy: InboxPolicy;
  sockets: Pick<Sockets, "closeAll">;
  alarm: Pick<Alarm<"log">, "erased">;
  cursors: FollowCursors;
  follows: Pick<Follows, "leave">;
  subscriptions: Pick<Subscriptions, "topics">;
  joins: Pick<PendingByTopic, "topics">;
  memberships: Pick<Memberships, "topics">;
  erasureGate: ErasureGate;
  clock(): number;
}

export class Erasure {
  readonly #deps: ErasureDeps;
  /**
   * Topics that may still list the user. In memory: after a restart, the next delivery of such a topic finds
   * that nobody is here, and the topic removes the user.
   */
  readonly #toLeave = new Set<string>();

  constructor(deps: ErasureDeps) {
    this.#deps = deps;
  }

  /**
   * Erases the user. Throws when a topic could not be left: the erasure is then incomplete and must be
   * called again.
   */
  async erase(): Promise<void> {
    const { sockets, erasureGate } = this.#deps;
    const end = erasureGate.close();
    try {
      const unreadable = this.#whyUnreadable();
      for (const topic of this.#topics()) this.#toLeave.add(topic);
      // The client of a socket that stayed open would believe that it still subscribes.
      sockets.closeAll(4503);
      // A leave writes the checkpoint. When the checkpoint cannot be read, the storage is erased first.
      if (unreadable !== null) await this.#eraseUnread(unreadable);
      await this.#leaveAll(unreadable === null);
      if (unreadable === null) await this.#eraseNow(this.#deps.log.at(this.#deps.clock()).meta);
    } finally {
      end();
    }
  }

  #whyUnreadable(): string | null {
    try {
      this.#deps.log.at(this.#deps.clock());
      return null;
    } catch (cause) {
      return String(cause);
    }
  }

  #topics(): string[] {
    const { cursors, subscriptions, joins, memberships } = this.#deps;
    const known = [cursors, subscriptions, joins, memberships];
    return known.flatMap((each) => each.topics());
  }

  /**
   * Erases storage that cannot be read. It may have held a revocation, so all tokens issued until now are
   * revoked.
   */
  #eraseUnread(cause: string): Promise<void> {
    report("erased_unread", {}, cause);
    return this.#eraseNow({ notBefore: Math.floor(this.#deps.clock() / 1000) });
  }

  #eraseNow({ notBefore }: Pick<InboxMeta, "notBefore">): Promise<void> {
    const { log, policy, sockets, cursors, alarm } = this.#deps;
    const erased = log.erase({ ...policy.empty(), notBefore });
    // In the same turn, so that a device that connected meanwhile stops showing erased messages.
    sockets.closeAll(4503);
    cursors.erased();
    alarm.erased();
    return erased;
  }

  async #leaveAll(isTimeKnown: boolean): Promise<void> {
    const left = await Promise.allSettled(
      [...this.#toLeave].map(async (topic) => {
        await this.#deps.follows.leave(topic, isTimeKnown);
        this.#toLeave.delete(topic);
      }),
    );
    const failed = left.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
