// The joining of a member: its admission, its position in the log, and the messages it missed.

import type { Members } from "../delivery/members.ts";
import type { Log } from "../log/log.ts";
import type { Joined, Joining } from "../objects/member.ts";
import { type Cursor, EMPTY_EPOCH, type Since } from "../protocol/cursor.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { MEMBERS_MAX } from "../protocol/limits.ts";
import { missed } from "./greet.ts";
import type { TopicMeta } from "./log-policy.ts";

export function join(
  log: Log<TopicMeta>,
  members: Members,
  { member, follows, since, at, mayBeLeft }: Joining,
  newEpoch: () => string,
  now: number,
): Joined | Refusal {
  if (members.size >= MEMBERS_MAX && !members.all().has(member))
    return refusal("member_limit", `a topic delivers to at most ${MEMBERS_MAX} members`, "topic");
  const { head, meta } = log.at(now);
  const isLost = members.all().get(member)?.follows !== true;
  const position = members.size === 0 ? head : (meta.delivered ?? head);
  if (follows && (meta.delivered === null || !members.hasFollowers()))
    log.change(now, (next) => {
      // The epoch is made now, so that a follower of an empty topic knows which epoch it began in.
      if (next.epoch === EMPTY_EPOCH) next.epoch = newEpoch();
      next.meta.delivered = position;
    });
  // A member that only watches needs no stored position. Where nothing was published, there would be no
  // table for one either.
  else if (meta.delivered !== position)
    log.changeInMemory(now, (noted) => {
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

/** In another epoch a follower begins at offset 0, as its inbox does. */
const startIn = (cursor: Cursor, epoch: string) => (cursor.epoch === epoch ? cursor.offset : 0);

/**
 * Records that a member which the topic had lost is behind, so that the catch-up delivers the messages it
 * missed, or a gap.
 */
function bringBack(members: Members, name: string, cursor: number, head: number, now: number) {
  if (cursor < head) members.setBehind(name, { cursor, attempts: 0, retryAt: now });
}
