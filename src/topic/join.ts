// A member joins: is it welcome, where does it begin, what did it miss.

import type { Log } from "../log/log.ts";
import { type Cursor, EMPTY_EPOCH, type Since } from "../protocol/cursor.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { MEMBERS_MAX } from "../protocol/limits.ts";
import { missed } from "./connect.ts";
import type { TopicOwn } from "./keep.ts";
import type { Members } from "./members.ts";

export interface Joining {
  /** Its address, such as `user:ada`. */
  member: string;
  /** Whether it will keep what it is told. */
  follows: boolean;
  /** A cursor of one that follows says that it did before: what it missed is delivered, not returned. */
  since: Since;
  /** Why it is refused where the topic is not public; null when it may come in anyway. */
  unlessPublic: Refusal | null;
  /** The time of its inbox in ms, later with each call; older versions do not send it. */
  at?: number;
  /** Whether a leave from before it may still come, which must not end it. */
  mayBeLeft?: boolean;
}

/** Where a member begins. `since` is null for a snapshot; `messages` are JSON texts. */
export interface Joined {
  epoch: string;
  /** The head: what is told from now on comes after it. */
  offset: number;
  oldest: number;
  recovered: boolean;
  since: number | null;
  messages: string[];
}

export function join(
  log: Log<TopicOwn>,
  members: Members,
  { member, follows, since, at, mayBeLeft }: Joining,
  newEpoch: () => string,
  now: number,
): Joined | Refusal {
  if (members.size >= MEMBERS_MAX && !members.all().has(member))
    return refusal("member_limit", `a topic delivers to at most ${MEMBERS_MAX} members`, "topic");
  const { head, own } = log.at(now);
  const isLost = members.all().get(member)?.follows !== true;
  const position = members.size === 0 ? head : (own.delivered ?? head);
  if (follows && (own.delivered === null || !members.hasFollowers()))
    log.change(now, (next) => {
      // Who follows from the very beginning must know which life of the log it is the beginning of.
      if (next.epoch === EMPTY_EPOCH) next.epoch = newEpoch();
      next.own.delivered = position;
    });
  // Who only watches costs no stored position, and where nothing was published no table for it.
  else if (own.delivered !== position)
    log.note(now, (noted) => {
      noted.delivered = position;
    });
  members.join(member, follows, at, mayBeLeft);
  const { epoch, oldest } = log.at(now);
  if (follows && isCursor(since)) {
    if (isLost) bringBack(members, member, startIn(since, epoch), head, now);
    return { epoch, offset: head, oldest, ...missed(log, "latest", now) };
  }
  return { epoch, offset: head, oldest, ...missed(log, since, now) };
}

const isCursor = (since: Since): since is Cursor => typeof since !== "string" && "epoch" in since;

/** In another epoch a follower begins at the beginning, as its inbox does. */
const startIn = (cursor: Cursor, epoch: string) => (cursor.epoch === epoch ? cursor.offset : 0);

/** A member that was lost is behind, so that the catch-up delivers what it missed, or a gap. */
function bringBack(members: Members, name: string, cursor: number, head: number, now: number) {
  if (cursor < head) members.note(name, { cursor, attempts: 0, retryAt: now });
}
