// How often a user may ask topics to take it in or to let it go. Such a change writes rows in the
// topic, and the owner of the hub pays for them.

import type { Joined, Joining } from "../objects/member.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import {
  FOLLOW_CHANGES_MAX,
  FOLLOW_CHANGES_PER_SECOND,
  MEMBERSHIP_CHANGES_MAX,
  MEMBERSHIP_CHANGES_PER_SECOND,
  MEMBERSHIP_CHANGES_WOKEN,
  TOPICS_KNOWN_MAX,
} from "../protocol/limits.ts";
import { Allowance } from "../socket/allowance.ts";
import type { InboxOwn } from "./state.ts";

export interface Parts {
  /** Whether a connection of the user watches the topic, or is about to. */
  watches(topic: string): boolean;
  follows(topic: string): boolean;
  /** What was kept of it with the last write. */
  own(): Pick<InboxOwn, "left">;
  clock(): number;
}

export class Memberships {
  readonly #parts: Parts;
  readonly #changes = new Allowance(
    MEMBERSHIP_CHANGES_MAX,
    MEMBERSHIP_CHANGES_PER_SECOND,
    MEMBERSHIP_CHANGES_WOKEN,
  );
  readonly #follows = new Allowance(FOLLOW_CHANGES_MAX, FOLLOW_CHANGES_PER_SECOND);
  #isRestored = false;
  /** Topics that took the user in and did not let it go, as far as this instance has seen. */
  readonly #joined = new Set<string>();
  /** Topics that have not answered a leave: it may still be executed. */
  readonly #unanswered = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Joins a topic by a call of it, and notes that it has the user. */
  async join(
    topic: string,
    joining: Joining,
    call: (joining: Joining) => Promise<Joined | Refusal>,
  ): Promise<Joined | Refusal> {
    const mayBeLeft = joining.mayBeLeft === true || this.#unanswered.has(topic);
    const joined = await call({ ...joining, mayBeLeft });
    if ("code" in joined) return joined;
    this.#unanswered.delete(topic);
    this.joined(topic);
    return joined;
  }

  /** Leaves a topic by a call of it; `watches` when the user still watches it. */
  async leave(topic: string, watches: boolean, call: () => Promise<void>): Promise<void> {
    if (!watches) this.left(topic);
    this.#unanswered.add(topic);
    await call();
    this.#unanswered.delete(topic);
  }

  joined(topic: string): void {
    this.#joined.add(topic);
    if (this.#joined.size <= TOPICS_KNOWN_MAX) return;
    for (const oldest of this.#joined) {
      this.#joined.delete(oldest);
      return;
    }
  }

  left(topic: string): void {
    this.#joined.delete(topic);
  }

  /** The topics that took the user in and did not let it go, as far as this instance knows. */
  topics(): string[] {
    return [...this.#joined];
  }

  /** Before a subscribe. A device that comes back to a topic, or a second device, changes nothing there. */
  spendToWatch(topic: string): void {
    const { watches, follows } = this.#parts;
    if (!this.#joined.has(topic) && !watches(topic) && !follows(topic)) this.#spend();
  }

  /** Before a follow that is none yet, or an unfollow without one: a follow pays for its end too. */
  spendToFollow(topic: string): void {
    if (this.#parts.follows(topic)) return;
    this.#restore();
    if (!this.#follows.take(1, this.#parts.clock())) throw tooMany();
    this.#spend();
  }

  /** Keeps with a follow, or its end, what is left: a rest does not bring it back. */
  keepIn(own: Pick<InboxOwn, "left">): void {
    this.#restore();
    own.left = { ...own.left, follows: this.#follows.level };
  }

  #restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    const { left } = this.#parts.own();
    if (left?.follows !== undefined) this.#follows.restore(left.follows);
  }

  #spend(): void {
    if (!this.#changes.take(1, this.#parts.clock())) throw tooMany();
  }
}

const tooMany = () =>
  new RefusalError(
    refusal("too_many_requests", "wait: too many topics were joined lately", "topic"),
  );
