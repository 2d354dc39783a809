// The RPC methods of a topic. Objects of an earlier deployment call them too: keep them compatible.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Refusal } from "../protocol/error.ts";
import type { HistorySince } from "../protocol/since.ts";
import type { TopicDefaults, TopicSettings } from "../settings/topic.ts";
import type { Delivery, Joined, Joining } from "./member.ts";

export interface HistoryQuery {
  since: HistorySince | null;
  /** Only messages below this offset; used when `since` is absent. */
  before: number | null;
  limit: number;
  /** UTF-16 units after which a page takes no further message, when it must fit into a frame. */
  unitsMax?: number;
}

/** The state of a topic, with the settings in force. */
export interface TopicSummary extends TopicDefaults {
  cursor: string;
  members: number;
}

export interface TopicRpc extends Rpc.DurableObjectBranded {
  /**
   * Appends drafts; resolves to one outcome for each, when all of them are durable and certain to reach
   * the followers. `requestId`, or the connection of a publish over a socket, is for the log lines.
   */
  publish(drafts: Draft[], requestId?: string | null): Promise<Outcome[]>;
  /** Returns a page of the log, as the text of a JSON object. */
  history(query: HistoryQuery, unlessPublic?: Refusal | null): string | Refusal;
  /** Returns one message as JSON text; null when none is kept at the offset. */
  message(offset: number, unlessPublic?: Refusal | null): string | null | Refusal;
  /** Returns the fan-out of the message at an offset; null for an offset above the head. */
  delivery(offset: number): Delivery | null;
  /**
   * Adds a member, or one that comes back; resolves to its start, with the messages that it missed.
   */
  join(joining: Joining): Promise<Joined | Refusal>;
  /**
   * Ends the follow of a member, and its membership unless it still `watches`. `at` is the time of its
   * inbox (ms): a leave that arrives after a later joining does not end that joining.
   */
  leave(member: string, watches: boolean, at?: number): Promise<void>;
  /**
   * Returns the users that follow, sorted by name, from the first one after a name; at most `limit`.
   */
  followers(after: string, limit: number): string[];
  /** Returns the state of the topic. */
  standing(): TopicSummary;
  /** Replaces the topic's settings; an absent setting has the hub's default. */
  set(settings: TopicSettings): Promise<TopicSummary>;
}
