// Follows: each message published to a followed topic becomes a notification of this inbox, once, even when
// no device is connected.

import { type Draft, isToRepeat, type Outcome } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Batch, BatchEntry, Joined, Joining } from "../objects/member.ts";
import { EMPTY_EPOCH } from "../protocol/cursor.ts";
import { isRefusal, type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { FOLLOWS_MAX } from "../protocol/limits.ts";
import { HUB_SOURCE } from "../protocol/message.ts";
import { report } from "../protocol/report.ts";
import type { Sockets } from "../socket/sockets.ts";
import type { ErasureGate } from "./erasure-gate.ts";
import type { FollowCursors } from "./follow-cursors.ts";
import type { JoinClock } from "./join-clock.ts";
import type { Memberships } from "./memberships.ts";
import type { PendingByTopic } from "./pending-by-topic.ts";
import type { InboxMeta } from "./state.ts";

export interface FollowsDeps {
  /** The address of the user as a member, such as `user:ada`. */
  member: string;
  log: Log<InboxMeta>;
  cursors: FollowCursors;
  joins: PendingByTopic;
  /** Leaves that are under way. A join waits for them, or they would undo it. */
  leaves: PendingByTopic;
  erasureGate: ErasureGate;
  memberships: Pick<Memberships, "keepIn">;
  joinClock: JoinClock;
  join(topic: string, joining: Joining): Promise<Joined | Refusal>;
  leave(topic: string, member: string, watches: boolean, at?: number): Promise<void>;
  /** Returns whether a connection of the user subscribes to the topic. */
  watches(topic: string): boolean;
  append(drafts: Draft[]): Outcome[];
  sockets: Pick<Sockets, "size">;
  clock(): number;
}

/** The type of the message that replaces messages lost before their delivery. */
export const GAP_TYPE = "belfry.gap";

export class Follows {
  readonly #deps: FollowsDeps;

  constructor(deps: FollowsDeps) {
    this.#deps = deps;
  }

  /** Follows a topic from now on; returns whether the follow is new. Throws a RefusalError when refused. */
  async follow(topic: string): Promise<boolean> {
    const { member, log, cursors, joins, leaves, erasureGate, joinClock, join, clock } = this.#deps;
    const { memberships } = this.#deps;
    const requireSameLife = erasureGate.enter();
    if (cursors.of(topic) === null) this.#requireRoom();
    while (leaves.isUnderWay(topic)) await leaves.settled(topic);
    requireSameLife();
    const end = joins.begin(topic);
    try {
      const at = joinClock.next();
      const mayBeLeft = cursors.of(topic) === null;
      const joining: Joining = { member, follows: true, since: "latest", unlessPublic: null };
      const joined = await join(topic, { ...joining, at, mayBeLeft });
      if (isRefusal(joined)) throw new RefusalError(joined);
      if (cursors.of(topic) !== null) return false;
      this.#requireRoom();
      const { epoch, offset } = joined;
      log.change(clock(), (next) => {
        cursors.begin(topic, { epoch, offset }, next.head);
        next.meta.follows += 1;
        memberships.keepIn(next.meta);
        next.time = Math.max(next.time, at);
      });
      return true;
    } finally {
      end();
    }
  }

  #requireRoom(): void {
    const { log, clock } = this.#deps;
    if (log.at(clock()).meta.follows < FOLLOWS_MAX) return;
    throw new RefusalError(
      refusal("member_limit", `a user follows at most ${FOLLOWS_MAX} topics`, "topic"),
    );
  }

  /** Stops following; delivered messages stay. Returns whether the inbox followed the topic. */
  async unfollow(topic: string): Promise<boolean> {
    const { member, cursors, joins, leaves, joinClock, leave, watches } = this.#deps;
    while (joins.isUnderWay(topic)) await joins.settled(topic);
    const did = cursors.of(topic) !== null;
    const at = joinClock.next();
    if (did) this.#end(topic, at);
    // Sent even without a follow: a topic may still list the user, and a second leave corrects that.
    const end = leaves.begin(topic);
    try {
      await leave(topic, member, watches(topic), at);
    } finally {
      end();
    }
    return did;
  }

  /**
   * Leaves a topic before an erasure. The topic's side comes first, so that the inbox still knows the follow
   * after a failure. The leave carries no time when the inbox could not read its own.
   */
  async leave(topic: string, isTimeKnown = true): Promise<void> {
    const { member, cursors, joins, leaves, joinClock, leave } = this.#deps;
    while (joins.isUnderWay(topic)) await joins.settled(topic);
    const end = leaves.begin(topic);
    const at = joinClock.next();
    try {
      await leave(topic, member, false, isTimeKnown ? at : undefined);
    } finally {
      end();
    }
    if (cursors.of(topic) !== null) this.#end(topic, at);
  }

  #end(topic: string, at: number): void {
    const { log, cursors, memberships, clock } = this.#deps;
    log.change(clock(), (next) => {
      cursors.end(topic);
      next.meta.follows -= 1;
      memberships.keepIn(next.meta);
      next.time = Math.max(next.time, at);
    });
  }

  /**
   * Leaves a topic that no device watches any more and that is not followed, so that the topic need not find
   * out by a delivery. A failure is only logged.
   */
  async leaveUnwatched(topic: string): Promise<void> {
    const { member, cursors, joins, leaves, joinClock, leave, watches } = this.#deps;
    while (joins.isUnderWay(topic)) await joins.settled(topic);
    if (watches(topic) || cursors.of(topic) !== null) return;
    const at = joinClock.next();
    const end = leaves.begin(topic);
    await leave(topic, member, false, at).catch((cause) =>
      report("leave_failed", { topic }, cause),
    );
    end();
  }

  /**
   * Takes a batch in one turn; returns the offset that the follow has reached, or null when the topic is not
   * followed.
   */
  store(batch: Batch): number | null {
    const { log, cursors, append, sockets, clock } = this.#deps;
    if (log.at(clock()).meta.follows === 0) return null;
    const cursor = this.#cursorIn(batch);
    if (cursor === null) return null;
    const { topic, to, live } = batch;
    if (live.length > 0 && sockets.size > 0)
      append(live.map((entry) => draftFromEntry(topic, entry, 0)));
    if (cursor >= to) return cursor;
    // The messages in between still exist. The returned cursor makes the topic deliver them.
    if (cursor < batch.since && batch.lost < batch.since) return cursor;
    const entries = batch.entries.filter(({ offset }) => (offset ?? 0) > cursor);
    const drafts = entries.map((entry) => draftFromEntry(topic, entry, null));
    if (cursor < batch.lost) drafts.unshift(gapOf(topic, cursor, batch.lost));
    const outcomes = drafts.length === 0 ? [] : append(drafts);
    const failed = outcomes.findIndex(isToRepeat);
    const reached =
      failed === -1
        ? Math.max(to, cursor < batch.lost ? batch.lost : 0)
        : (drafts[failed - 1]?.from?.offset ?? cursor);
    cursors.advance(topic, reached);
    return reached;
  }

  /** Returns the follow's offset in the batch's epoch, 0 in a new epoch, null without a follow. */
  #cursorIn({ topic, epoch }: Batch): number | null {
    const { log, cursors, clock } = this.#deps;
    const cursor = cursors.of(topic);
    if (cursor === null || cursor.epoch === epoch) return cursor?.offset ?? null;
    if (epoch === EMPTY_EPOCH) return 0;
    log.change(clock(), (next) => cursors.begin(topic, { epoch, offset: 0 }, next.head));
    return 0;
  }
}

function draftFromEntry(topic: string, entry: BatchEntry, ttl: 0 | null): Draft {
  const { offset, body, expires, category } = entry;
  const from = { topic, offset: offset ?? 0, expires };
  const origin = `,"topic":${JSON.stringify(topic)},"topic_offset":${offset}`;
  const id = `${topic}:${offset}`;
  return { id, body: `${body}${origin}`, ttl, category, identity: null, from };
}

function gapOf(topic: string, since: number, to: number): Draft {
  const about = JSON.stringify({ topic, since, to });
  const id = crypto.randomUUID();
  const members = `"id":"${id}","source":"${HUB_SOURCE}","type":"${GAP_TYPE}","data":${about}`;
  const origin = `,"topic":${JSON.stringify(topic)},"topic_offset":${to}`;
  const from = { topic, offset: to, expires: null };
  return { id, body: `${members}${origin}`, ttl: null, category: null, identity: null, from };
}
