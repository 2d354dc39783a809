// A topic as its callers see it. An object that was deployed before may still call it like this.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Refusal } from "../protocol/error.ts";
import type { HistorySince } from "../protocol/since.ts";
import type { TopicDefaults, TopicSettings } from "../settings/topic.ts";
import type { Joined, Joining } from "./member.ts";

export interface HistoryQuery {
  since: HistorySince | null;
  /** Only messages below this offset; with `since` absent. */
  before: number | null;
  limit: number;
  /** UTF-16 units after which a page ends early, when it is to fit into a frame. */
  unitsMax?: number;
}

/** How far the fan-out of one message is. */
export interface Delivery {
  members: number;
  delivered: number;
  behind: number;
}

/** How a topic stands, and what is in force for it. */
export interface TopicStanding extends TopicDefaults {
  cursor: string;
  members: number;
}

export interface TopicRpc extends Rpc.DurableObjectBranded {
  /**
   * Appends drafts; one outcome for each, given when all of them are durable and are sure to reach
   * those who follow. `requestId`, or the connection of a publish over a socket, is for the log.
   */
  publish(drafts: Draft[], requestId?: string | null): Promise<Outcome[]>;
  /** A page of the log, as the text of a JSON object. */
  history(query: HistoryQuery, unlessPublic?: Refusal | null): string | Refusal;
  /** One message as JSON text; null when none is kept at the offset. */
  message(offset: number, unlessPublic?: Refusal | null): string | null | Refusal;
  /** How far the fan-out of the message at an offset is; null when nothing was ever there. */
  delivery(offset: number): Delivery | null;
  /** Takes in a member, or one that comes again, and gives what it missed. */
  join(joining: Joining): Promise<Joined | Refusal>;
  /**
   * A member keeps nothing of this topic any more; `watches` when it still wants to be told. `at` is the
   * time of its inbox: a call that comes after a later joining does not end what that one began.
   */
  leave(member: string, watches: boolean, at?: number): Promise<void>;
  /** Users that follow, by name, after a name; at most `limit`. */
  followers(after: string, limit: number): string[];
  /** How the topic stands. */
  standing(): TopicStanding;
  /** Replaces what was set for the topic; what is not set is as the hub has it. */
  set(settings: TopicSettings): Promise<TopicStanding>;
}
