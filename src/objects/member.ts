// The exchange between a topic and its members: how a member joins, its batches and its answers.

import type { Since } from "../protocol/cursor.ts";
import type { Refusal } from "../protocol/error.ts";

/** The progress of the fan-out of one message, in members. */
export interface Delivery {
  members: number;
  delivered: number;
  behind: number;
}

export interface Joining {
  /** The member's address, such as `user:ada`. */
  member: string;
  /** Whether the member keeps the messages that it receives; otherwise it only watches. */
  follows: boolean;
  /**
   * A cursor of a member that follows means that it followed before. The messages it missed are then
   * delivered and not returned.
   */
  since: Since;
  /** The refusal of the member if the topic is not public; null when it may join any topic. */
  unlessPublic: Refusal | null;
  /** The time of its inbox in ms, later with each call; absent when an older release sends it. */
  at?: number;
  /** Whether an earlier leave may still arrive, which must not end this membership. */
  mayBeLeft?: boolean;
}

/** The start of a member. `since` is null for a snapshot; `messages` are JSON texts. */
export interface Joined {
  epoch: string;
  /** The head of the topic: later messages come after it. */
  offset: number;
  oldest: number;
  recovered: boolean;
  since: number | null;
  messages: string[];
}

/** A message as a member receives it. */
export interface BatchEntry {
  /** Its offset in the topic; null for a message that is sent live only. */
  offset: number | null;
  /** The members of the message as JSON text, without the outer braces. */
  body: string;
  /** When the topic received it, and when its own ttl ends it (null for never), in ms. */
  time: number;
  expires: number | null;
  category: string | null;
  /** The connection that must not receive it: the connection of its sender. */
  exclude: string | null;
}

/** A message that is sent and not stored. `turn` numbers them within one instance of the topic. */
export interface LiveEntry extends BatchEntry {
  /** Absent when an older release sends it. */
  turn?: number;
}

/**
 * The messages of a log after `since` and up to `to`. A member applies those above its own cursor, so a
 * batch that arrives twice is applied once.
 */
export interface LogBatch {
  epoch: string;
  since: number;
  to: number;
  /** Messages at or below it that have not reached the member are gone. */
  lost: number;
  oldest: number;
  entries: BatchEntry[];
  /** Sent once, to the devices that are connected now. */
  live: LiveEntry[];
  /** The instance of the object that numbers the turns of `live`. */
  instance?: string;
  /** The joining of the member that this batch is for. */
  generation: number;
}

/** A batch of a topic. */
export interface Batch extends LogBatch {
  topic: string;
  /** Whether everyone may watch the topic; otherwise a watcher needs the cap `subscribe`. */
  isPublic: boolean;
}

/** The answer to a batch: the member's position, and the `generation` of the batch. */
export interface DeliverReply {
  epoch: string;
  offset: number;
  /** Whether the user follows the topic or a connection of the user watches it. */
  isAnyone: boolean;
  generation: number;
  /** Whether a device of the user is connected; absent when an older release answers. */
  hasSockets?: boolean;
}
