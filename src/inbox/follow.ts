// Following: what is published to a topic becomes a notification of this inbox, once, also when no
// device is there.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Batch, BatchEntry, Joined, Joining } from "../objects/member.ts";
import { EMPTY_EPOCH } from "../protocol/cursor.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { FOLLOWS_MAX } from "../protocol/limits.ts";
import { HUB_SOURCE } from "../protocol/message.ts";
import type { Sockets } from "../socket/sockets.ts";
import type { FollowCursors } from "./cursors.ts";
import type { Joins } from "./joins.ts";
import type { Life } from "./life.ts";
import type { Memberships } from "./memberships.ts";
import type { Moments } from "./moments.ts";
import type { InboxOwn } from "./state.ts";

export interface Parts {
  /** Its address as a member, such as `user:ada`. */
  member: string;
  log: Log<InboxOwn>;
  cursors: FollowCursors;
  joins: Joins;
  /** Leavings that are under way: what joins meanwhile waits, or they would undo it. */
  leaves: Joins;
  life: Life;
  memberships: Pick<Memberships, "keepIn">;
  moments: Moments;
  join(topic: string, joining: Joining): Promise<Joined | Refusal>;
  leave(topic: string, member: string, watches: boolean, at?: number): Promise<void>;
  /** Whether a connection of the user subscribes to the topic. */
  watches(topic: string): boolean;
  append(drafts: Draft[]): Outcome[];
  sockets: Pick<Sockets, "size">;
  clock(): number;
}

/** What stands for messages that were gone before they could be delivered. */
export const GAP_TYPE = "belfry.gap";

export class Follows {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins to follow from now on; nothing changes when it does already. Gives whether it is new. */
  async follow(topic: string): Promise<boolean> {
    const { member, log, cursors, joins, leaves, life, moments, join, clock } = this.#parts;
    const { memberships } = this.#parts;
    const requireSameLife = life.enter();
    if (cursors.of(topic) === null) this.#requireRoom();
    while (leaves.isUnderWay(topic)) await leaves.settled(topic);
    requireSameLife();
    const end = joins.begin(topic);
    try {
      const at = moments.next();
      const mayBeLeft = cursors.of(topic) === null;
      const joining: Joining = { member, follows: true, since: "latest", unlessPublic: null };
      const joined = await join(topic, { ...joining, at, mayBeLeft });
      if ("code" in joined) throw new RefusalError(joined);
      if (cursors.of(topic) !== null) return false;
      this.#requireRoom();
      const { epoch, offset } = joined;
      log.change(clock(), (next) => {
        cursors.begin(topic, { epoch, offset }, next.head);
        next.own.follows += 1;
        memberships.keepIn(next.own);
        next.time = Math.max(next.time, at);
      });
      return true;
    } finally {
      end();
    }
  }

  #requireRoom(): void {
    const { log, clock } = this.#parts;
    if (log.at(clock()).own.follows < FOLLOWS_MAX) return;
    throw new RefusalError(
      refusal("member_limit", `a user follows at most ${FOLLOWS_MAX} topics`, "topic"),
    );
  }

  /** Stops following; what was delivered stays. Gives whether it did follow. */
  async unfollow(topic: string): Promise<boolean> {
    const { member, cursors, joins, leaves, moments, leave, watches } = this.#parts;
    while (joins.isUnderWay(topic)) await joins.settled(topic);
    const did = cursors.of(topic) !== null;
    const at = moments.next();
    if (did) this.#end(topic, at);
    // Said also when it did not: a list that still names the user is put right by saying it again.
    const end = leaves.begin(topic);
    try {
      await leave(topic, member, watches(topic), at);
    } finally {
      end();
    }
    return did;
  }

  /**
   * Leaves a topic before everything is erased. The topic's side comes first, so that a failure leaves
   * the follow known here. Where the inbox could not read its own time, the leave carries none.
   */
  async leave(topic: string, isTimeKnown = true): Promise<void> {
    const { member, cursors, joins, leaves, moments, leave } = this.#parts;
    while (joins.isUnderWay(topic)) await joins.settled(topic);
    const end = leaves.begin(topic);
    const at = moments.next();
    try {
      await leave(topic, member, false, isTimeKnown ? at : undefined);
    } finally {
      end();
    }
    if (cursors.of(topic) !== null) this.#end(topic, at);
  }

  #end(topic: string, at: number): void {
    const { log, cursors, memberships, clock } = this.#parts;
    log.change(clock(), (next) => {
      cursors.end(topic);
      next.own.follows -= 1;
      memberships.keepIn(next.own);
      next.time = Math.max(next.time, at);
    });
  }

  /** Tells a topic that nobody of the user is there any more, so that it need not find out. */
  async leaveUnwatched(topic: string): Promise<void> {
    const { member, cursors, joins, leaves, moments, leave, watches } = this.#parts;
    while (joins.isUnderWay(topic)) await joins.settled(topic);
    if (watches(topic) || cursors.of(topic) !== null) return;
    const at = moments.next();
    const end = leaves.begin(topic);
    await leave(topic, member, false, at).catch((cause) =>
      console.error(JSON.stringify({ event: "leave_failed", topic, cause: String(cause) })),
    );
    end();
  }

  /**
   * Takes a batch, in one turn; gives how far the follow has come, or null when the topic is not
   * followed.
   */
  deliver(batch: Batch): number | null {
    const { log, cursors, append, sockets, clock } = this.#parts;
    if (log.at(clock()).own.follows === 0) return null;
    const cursor = this.#cursorIn(batch);
    if (cursor === null) return null;
    const { topic, to, live } = batch;
    if (live.length > 0 && sockets.size > 0) append(live.map((entry) => draftOf(topic, entry, 0)));
    if (cursor >= to) return cursor;
    // What lies between is still there: the topic is told where to begin.
    if (cursor < batch.since && batch.lost < batch.since) return cursor;
    const entries = batch.entries.filter(({ offset }) => (offset ?? 0) > cursor);
    const drafts = entries.map((entry) => draftOf(topic, entry, null));
    if (cursor < batch.lost) drafts.unshift(gapOf(topic, cursor, batch.lost));
    const outcomes = drafts.length === 0 ? [] : append(drafts);
    const failed = outcomes.findIndex(({ status }) => status !== "stored");
    const reached =
      failed === -1
        ? Math.max(to, cursor < batch.lost ? batch.lost : 0)
        : (drafts[failed - 1]?.from?.offset ?? cursor);
    cursors.advance(topic, reached);
    return reached;
  }

  /** How far the follow has come in the batch's epoch; in a new one it begins at the beginning. */
  #cursorIn({ topic, epoch }: Batch): number | null {
    const { log, cursors, clock } = this.#parts;
    const cursor = cursors.of(topic);
    if (cursor === null || cursor.epoch === epoch) return cursor?.offset ?? null;
    if (epoch === EMPTY_EPOCH) return 0;
    log.change(clock(), (next) => cursors.begin(topic, { epoch, offset: 0 }, next.head));
    return 0;
  }
}

function draftOf(topic: string, entry: BatchEntry, ttl: 0 | null): Draft {
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
