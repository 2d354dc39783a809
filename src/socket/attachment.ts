// The data that a socket carries through hibernation. This is the only file that reads or writes it.

import type { Caps } from "../protocol/caps.ts";
import { ATTACHMENT_BYTES_MAX } from "../protocol/limits.ts";

/** The verified client of a socket. The edge passes it to the object in one header. */
export interface Caller {
  connection: string;
  /** The user of the token; null for an API key. */
  user: string | null;
  /** The `source` of the messages that this caller publishes. */
  source: string;
  /** When the token ends and was issued, in seconds since 1970; null for an API key. */
  exp: number | null;
  iat: number | null;
  caps: Caps;
}

/** The source of a caller that watches a public topic without a token; no key has such a name. */
export const ANONYMOUS = "~anonymous";

export interface Attachment extends Caller {
  v: 1;
  /** Earlier releases count frames in it. */
  malformed: number;
  /**
   * When the socket was accepted, in seconds since 1970; removed when its first frame arrives. Absent for an
   * event stream, because the Worker looks after its reader, and for sockets of earlier releases.
   */
  accepted?: number;
  /** The topics that a user's connection subscribes to. The client keeps its cursors. */
  topics?: string[];
}

/**
 * Returns the attachment of a socket. Null when another version of the code wrote it, or when there is none
 * because the object left memory before it greeted the socket: the client is then asked to reconnect.
 */
export function readAttachment(ws: WebSocket): Attachment | null {
  const value: unknown = ws.deserializeAttachment();
  const isOurs = typeof value === "object" && value !== null && "v" in value && value.v === 1;
  return isOurs ? (value as Attachment) : null;
}

/**
 * Returns whether an attachment is small enough to store. Its names and caps are ASCII, so one UTF-16 unit is
 * one byte.
 */
export function fits(attachment: Attachment): boolean {
  return JSON.stringify(attachment).length <= ATTACHMENT_BYTES_MAX;
}

/** Returns the attachment as it is once the first frame has arrived. */
export function heard({ accepted: _, ...attachment }: Attachment): Attachment {
  return attachment;
}

export function writeAttachment(ws: WebSocket, attachment: Attachment): void {
  ws.serializeAttachment(attachment);
}
