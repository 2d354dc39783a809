// What a topic and its members say to one another: how a member joins, what it is handed, and what it
// answers.

import type { Since } from "../protocol/cursor.ts";
import type { Refusal } from "../protocol/error.ts";

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

/** A message as a member receives it. */
export interface BatchEntry {
  /** Its place in the topic; null for what is sent live only. */
  offset: number | null;
  /** The members of the message as JSON text, without the outer braces. */
  body: string;
  /** When the topic took it in, and when it ends by its own ttl, in ms. */
  time: number;
  expires: number | null;
  category: string | null;
  /** The connection that is not to have it: its sender's. */
  exclude: string | null;
}

/** A message that is sent and not stored. `turn` counts them up in one instance of the topic. */
export interface LiveEntry extends BatchEntry {
  /** Absent where an older release sends it. */
  turn?: number;
}

/**
 * Everything of a topic after `since` up to `to`. A member applies what lies above its own cursor;
 * the same batch twice is applied once.
 */
export interface Batch {
  topic: string;
  /** Whether the topic is open to everyone; otherwise who watches it needs the cap. */
  isPublic: boolean;
  epoch: string;
  since: number;
  to: number;
  /** What lies at or below it and has not reached the member is gone. */
  lost: number;
  oldest: number;
  entries: BatchEntry[];
  /** Sent once, to the devices that are connected now. */
  live: LiveEntry[];
  /** The instance of the topic that counts the turns of `live`. */
  instance?: string;
  /** Which joining of the member this is for. */
  generation: number;
}

/** How far a member has come. `generation` is that of the batch it answers. */
export interface Held {
  epoch: string;
  offset: number;
  /** Whether anyone is there who follows or watches the topic. */
  isAnyone: boolean;
  generation: number;
  /** Whether a device of the user is connected; absent where an older release answers. */
  hasSockets?: boolean;
}
