// The limits on a user's joins and leaves of topics. Each such change writes rows in the topic, and the owner
// of the hub pays for them.

import type { Joined, Joining } from "../objects/member.ts";
import { isRefusal, type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import {
  FOLLOW_CHANGES_MAX,
  FOLLOW_CHANGES_PER_SECOND,
  MEMBERSHIP_CHANGES_MAX,
  MEMBERSHIP_CHANGES_PER_SECOND,
  MEMBERSHIP_CHANGES_WOKEN,
  TOPICS_KNOWN_MAX,
} from "../protocol/limits.ts";
import { TokenBucket } from "../socket/token-bucket.ts";
import type { InboxMeta } from "./state.ts";

export interface MembershipsDeps {
  /** Returns whether a connection of the user watches the topic, or is joining it. */
  watches(topic: string): boolean;
  follows(topic: string): boolean;
  /** Returns the allowances as stored with the last write. */
  meta(): Pick<InboxMeta, "left">;
  clock(): number;
}

export class Memberships {
  readonly #deps: MembershipsDeps;
  readonly #changes = new TokenBucket(
    MEMBERSHIP_CHANGES_MAX,
    MEMBERSHIP_CHANGES_PER_SECOND,
    MEMBERSHIP_CHANGES_WOKEN,
  );
  readonly #follows = new TokenBucket(FOLLOW_CHANGES_MAX, FOLLOW_CHANGES_PER_SECOND);
  #isRestored = false;
  /** Topics that have the user as a member, as far as this instance has seen. */
  readonly #joined = new Set<string>();
  /** Topics that have not answered a leave, which they may still execute. */
  readonly #unanswered = new Set<string>();

  constructor(deps: MembershipsDeps) {
    this.#deps = deps;
  }

  /** Joins a topic through `call`; notes the membership unless the topic refuses. */
  async join(
    topic: string,
    joining: Joining,
    call: (joining: Joining) => Promise<Joined | Refusal>,
  ): Promise<Joined | Refusal> {
    const mayBeLeft = joining.mayBeLeft === true || this.#unanswered.has(topic);
    const joined = await call({ ...joining, mayBeLeft });
    if (isRefusal(joined)) return joined;
    this.#unanswered.delete(topic);
    this.joined(topic);
    return joined;
  }

  /** Leaves a topic through `call`; `watches` is true when the user still watches the topic. */
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

  /** Returns the topics that have the user as a member, as far as this instance knows. */
  topics(): string[] {
    return [...this.#joined];
  }

  /**
   * Spends the allowance for a subscribe; throws when it is used up. A device that comes back to a topic, or
   * a second device, changes nothing in the topic and spends nothing.
   */
  spendToWatch(topic: string): void {
    const { watches, follows } = this.#deps;
    if (!this.#joined.has(topic) && !watches(topic) && !follows(topic)) this.#spend();
  }

  /**
   * Spends the allowance for a new follow, or for an unfollow of a topic that is not followed; throws when it
   * is used up. A follow pays for its own unfollow too.
   */
  spendToFollow(topic: string): void {
    if (this.#deps.follows(topic)) return;
    this.#restore();
    if (!this.#follows.take(1, this.#deps.clock())) throw tooMany();
    this.#spend();
  }

  /** Stores the allowance with a follow or an unfollow, so that hibernation does not refill it. */
  keepIn(meta: Pick<InboxMeta, "left">): void {
    this.#restore();
    meta.left = { ...meta.left, follows: this.#follows.level };
  }

  #restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    const { left } = this.#deps.meta();
    if (left?.follows !== undefined) this.#follows.restore(left.follows);
  }

  #spend(): void {
    if (!this.#changes.take(1, this.#deps.clock())) throw tooMany();
  }
}

const tooMany = () =>
  new RefusalError(
    refusal("too_many_requests", "wait: too many topics were joined lately", "topic"),
  );
