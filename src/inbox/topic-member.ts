// The inbox as a member of topics: what it follows, what its connections subscribe to, and the batches that
// topics deliver to it.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Env } from "../objects/env.ts";
import type { Batch, DeliverReply, Joining } from "../objects/member.ts";
import { CALL_MS_MAX, topicOf } from "../objects/stubs.ts";
import type { Sockets } from "../socket/sockets.ts";
import { ErasureGate } from "./erasure-gate.ts";
import { Follows } from "./follow.ts";
import { FollowCheck } from "./follow-check.ts";
import type { FollowCursors } from "./follow-cursors.ts";
import { JoinClock } from "./join-clock.ts";
import { LiveDuplicates } from "./live-duplicates.ts";
import { Memberships } from "./memberships.ts";
import { PendingByTopic } from "./pending-by-topic.ts";
import type { InboxMeta } from "./state.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface TopicMemberDeps {
  env: Env;
  user: string;
  log: Log<InboxMeta>;
  sockets: Sockets;
  cursors: FollowCursors;
  append(drafts: Draft[]): Outcome[];
  clock(): number;
}

export class TopicMember {
  readonly joins = new PendingByTopic();
  readonly erasureGate = new ErasureGate();
  readonly memberships: Memberships;
  readonly subscriptions: Subscriptions;
  readonly follows: Follows;
  readonly #deps: TopicMemberDeps;
  readonly #check: FollowCheck;
  readonly #liveDuplicates = new LiveDuplicates();

  constructor(deps: TopicMemberDeps) {
    const { env, user, log, cursors, append, clock } = deps;
    this.#deps = deps;
    this.memberships = new Memberships({
      watches: (topic) => this.joins.isUnderWay(topic) || this.subscriptions.watches(topic),
      follows: (topic) => cursors.of(topic) !== null,
      meta: () => log.at(clock()).meta,
      clock,
    });
    const parts = {
      ...deps,
      member: `user:${user}`,
      joins: this.joins,
      leaves: new PendingByTopic(),
      erasureGate: this.erasureGate,
      joinClock: new JoinClock(log, clock),
      memberships: this.memberships,
      join: (topic: string, joining: Joining) =>
        this.memberships.join(topic, joining, (given) =>
          topicOf(env, topic, "backend", CALL_MS_MAX).join(given),
        ),
    };
    this.subscriptions = new Subscriptions(parts);
    this.follows = new Follows({
      ...parts,
      leave: (topic, member, watches, at) =>
        this.memberships.leave(topic, watches, () =>
          topicOf(env, topic).leave(member, watches, at),
        ),
      watches: (topic) => this.subscriptions.watches(topic),
      append,
    });
    this.#check = new FollowCheck({ ...parts, random: Math.random });
  }

  /** Stores a batch for the follow, and forwards it to the connections that subscribe. */
  async deliver(delivered: Batch): Promise<DeliverReply> {
    const { topic, epoch, to, generation } = delivered;
    while (this.joins.isUnderWay(topic)) await this.joins.settled(topic);
    const batch = this.#liveDuplicates.without(delivered);
    const forwarded = this.subscriptions.forward(batch);
    const stored = this.follows.store(batch);
    const isAnyone = forwarded !== null || stored !== null;
    const { log, sockets } = this.#deps;
    // The answer makes the topic remove the user. confirm() throws in an instance that was replaced, so that
    // it cannot answer.
    if (!isAnyone) {
      log.confirm();
      this.memberships.left(topic);
    }
    const offset = Math.min(forwarded ?? to, stored ?? to);
    return { epoch, offset, isAnyone, generation, hasSockets: sockets.size > 0 };
  }

  /** Checks one follow, if a check is due. */
  checkFollows(): Promise<void> {
    return this.#check.run();
  }
}
