// What a socket carries through hibernation. This is the only file that reads or writes it.

import type { Caps } from "../protocol/caps.ts";
import { ATTACHMENT_BYTES_MAX } from "../protocol/limits.ts";

/** Who is on the other end, as the edge found out. Crosses to the object in one header. */
export interface Caller {
  connection: string;
  /** The user of the token; null for an API key. */
  user: string | null;
  /** What the messages this caller publishes name as their source. */
  source: string;
  /** The token's end and issue, in seconds since 1970; null for an API key. */
  exp: number | null;
  iat: number | null;
  caps: Caps;
}

/** Stands for the source of whoever watches a public topic without a token; no key has such a name. */
export const ANONYMOUS = "~anonymous";

export interface Attachment extends Caller {
  v: 1;
  /** Read by earlier releases, which counted frames in it. */
  malformed: number;
  /**
   * When the socket was taken in, in seconds since 1970, until its first frame comes. Absent for an
   * event stream, whose reader the Worker looks after, and from sockets of earlier releases.
   */
  accepted?: number;
  /** Names of the topics that a user's connection subscribes to; how far it has come is its own to know. */
  topics?: string[];
}

/**
 * Null when another version of the code wrote it, or when there is none because the object went
 * away before it could greet: such a socket is asked to reconnect.
 */
export function readAttachment(ws: WebSocket): Attachment | null {
  const value: unknown = ws.deserializeAttachment();
  const isOurs = typeof value === "object" && value !== null && "v" in value && value.v === 1;
  return isOurs ? (value as Attachment) : null;
}

/** Whether an attachment can be carried. Its names and caps are ASCII, so that a unit is a byte. */
export function fits(attachment: Attachment): boolean {
  return JSON.stringify(attachment).length <= ATTACHMENT_BYTES_MAX;
}

/** The attachment once a frame has come. */
export function heard({ accepted: _, ...attachment }: Attachment): Attachment {
  return attachment;
}

export function writeAttachment(ws: WebSocket, attachment: Attachment): void {
  ws.serializeAttachment(attachment);
}
