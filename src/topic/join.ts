// A member joins: is it welcome, where does it begin, what did it miss.

import type { Log } from "../log/log.ts";
import { EMPTY_EPOCH, type Since } from "../protocol/cursor.ts";
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
  since: Since;
  /** Why it is refused where the topic is not public; null when it may come in anyway. */
  unlessPublic: Refusal | null;
  /** The time of its inbox in ms, later with each call; older versions do not send it. */
  at?: number;
  /** Whether the inbox did not follow until now. */
  isNewFollow?: boolean;
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
  { member, follows, since, at, isNewFollow }: Joining,
  newEpoch: () => string,
  now: number,
): Joined | Refusal {
  if (members.size >= MEMBERS_MAX && !members.all().has(member))
    return refusal("member_limit", `a topic delivers to at most ${MEMBERS_MAX} members`, "topic");
  const { head } = log.at(now);
  members.join(member, follows, at, isNewFollow);
  if (log.at(now).own.delivered === null)
    log.change(now, (next) => {
      // Who follows from the very beginning must know which life of the log it is the beginning of.
      if (next.epoch === EMPTY_EPOCH) next.epoch = newEpoch();
      next.own.delivered = head;
    });
  const { epoch, oldest } = log.at(now);
  return { epoch, offset: head, oldest, ...missed(log, since, now) };
}
