// A follow lives in two objects, and one day a fault may take it from the topic alone. An inbox that
// a device connects to asks a topic by chance whether the topic still knows the user.

import type { Log } from "../log/log.ts";
import type { Joined, Joining } from "../objects/member.ts";
import type { Refusal } from "../protocol/error.ts";
import type { FollowCursors } from "./cursors.ts";
import type { Joins } from "./joins.ts";
import type { Life } from "./life.ts";
import type { Moments } from "./moments.ts";
import type { InboxOwn } from "./state.ts";

/**
 * A check is a call to a topic: one in this time while the inbox is awake, and after a rest with one
 * connect in so many. All followers of a topic come back at once after a deployment.
 */
const INTERVAL_MS = 5 * 60_000;
const CHANCE = 1 / 20;

export interface Parts {
  member: string;
  log: Log<InboxOwn>;
  cursors: FollowCursors;
  joins: Joins;
  leaves: Joins;
  life: Life;
  moments: Moments;
  join(topic: string, joining: Joining): Promise<Joined | Refusal>;
  clock(): number;
  /** From 0 to 1, for whether one is asked, and which. */
  random(): number;
}

export class FollowCheck {
  readonly #parts: Parts;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Checks one follow, if that is due. A failure is for the log only: another check comes. */
  async run(): Promise<void> {
    try {
      const topic = this.#due();
      if (topic !== null) await this.#check(topic);
    } catch (cause) {
      console.error(JSON.stringify({ event: "follow_check_failed", cause: String(cause) }));
    }
  }

  #due(): string | null {
    const { log, cursors, clock, random } = this.#parts;
    const now = clock();
    if (Math.abs(now - this.#checkedAt) < INTERVAL_MS || log.at(now).own.follows === 0) return null;
    this.#checkedAt = now;
    const drawn = random();
    if (drawn >= CHANCE) return null;
    const topics = cursors.topics();
    return topics[Math.floor((drawn / CHANCE) * topics.length)] ?? null;
  }

  /** Joins again where the follow has come to: news only to a topic that lost the member. */
  async #check(topic: string): Promise<void> {
    const { member, cursors, joins, leaves, life, moments, join } = this.#parts;
    life.enter();
    const since = cursors.of(topic);
    if (since === null || joins.isUnderWay(topic) || leaves.isUnderWay(topic)) return;
    const end = joins.begin(topic);
    try {
      const at = moments.next();
      const joined = await join(topic, { member, follows: true, since, unlessPublic: null, at });
      if ("code" in joined) throw new Error(joined.code);
    } finally {
      end();
    }
  }
}
