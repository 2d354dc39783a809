// A member joins: is it welcome, where does it begin, what did it miss.

import type { Log } from "../log/log.ts";
import type { Joined, Joining } from "../objects/member.ts";
import { type Cursor, EMPTY_EPOCH, type Since } from "../protocol/cursor.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { MEMBERS_MAX } from "../protocol/limits.ts";
import { missed } from "./connect.ts";
import type { TopicOwn } from "./keep.ts";
import type { Members } from "./members.ts";

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
