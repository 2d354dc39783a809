// A random check of follows. A follow lives in two objects, and a fault may one day remove it from the topic
// alone. When a device connects, the inbox sometimes asks a topic whether the user is still a member.

import type { Log } from "../log/log.ts";
import type { Joined, Joining } from "../objects/member.ts";
import { isRefusal, type Refusal } from "../protocol/error.ts";
import { report } from "../protocol/report.ts";
import type { ErasureGate } from "./erasure-gate.ts";
import type { FollowCursors } from "./follow-cursors.ts";
import type { JoinClock } from "./join-clock.ts";
import type { PendingByTopic } from "./pending-by-topic.ts";
import type { InboxMeta } from "./state.ts";

/**
 * A check is a call to a topic, and all followers of a topic come back at once after a deployment. So at most
 * one connect in this time (ms) may check, and only one in 20 of those does.
 */
const INTERVAL_MS = 5 * 60_000;
const CHANCE = 1 / 20;

export interface FollowCheckDeps {
  member: string;
  log: Log<InboxMeta>;
  cursors: FollowCursors;
  joins: PendingByTopic;
  leaves: PendingByTopic;
  erasureGate: ErasureGate;
  joinClock: JoinClock;
  join(topic: string, joining: Joining): Promise<Joined | Refusal>;
  clock(): number;
  /** Returns a number from 0 to 1, which decides whether to check, and which topic. */
  random(): number;
}

export class FollowCheck {
  readonly #deps: FollowCheckDeps;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: FollowCheckDeps) {
    this.#deps = deps;
  }

  /** Checks one follow if a check is due. A failure is only logged: another check will come. */
  async run(): Promise<void> {
    try {
      const topic = this.#due();
      if (topic !== null) await this.#check(topic);
    } catch (cause) {
      report("follow_check_failed", {}, cause);
    }
  }

  #due(): string | null {
    const { log, cursors, clock, random } = this.#deps;
    const now = clock();
    if (Math.abs(now - this.#checkedAt) < INTERVAL_MS || log.at(now).meta.follows === 0)
      return null;
    this.#checkedAt = now;
    const drawn = random();
    if (drawn >= CHANCE) return null;
    const topics = cursors.topics();
    return topics[Math.floor((drawn / CHANCE) * topics.length)] ?? null;
  }

  /** Joins again from the follow's cursor. That changes only a topic that lost the member. */
  async #check(topic: string): Promise<void> {
    const { member, cursors, joins, leaves, erasureGate, joinClock, join } = this.#deps;
    erasureGate.enter();
    const since = cursors.of(topic);
    if (since === null || joins.isUnderWay(topic) || leaves.isUnderWay(topic)) return;
    const end = joins.begin(topic);
    try {
      const at = joinClock.next();
      const joined = await join(topic, { member, follows: true, since, unlessPublic: null, at });
      if (isRefusal(joined)) throw new Error(joined.code);
    } finally {
      end();
    }
  }
}
