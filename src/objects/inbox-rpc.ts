// A user's inbox as its callers see it. An object that was deployed before may still call it like this.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Cursor } from "../protocol/cursor.ts";
import type { Refusal } from "../protocol/error.ts";
import type { ListState } from "../protocol/message.ts";
import type { Batch, Held } from "./member.ts";

/** Who asks: `iat` of the user's token in seconds, or `"backend"`, whose key was checked. */
export type Asker = "backend" | { iat: number | null };

/** What a mark does to each message; an absent flag stays as it is. */
export interface Mark {
  epoch: string;
  target: { offsets: number[] } | { upTo: number };
  read?: boolean;
  seen?: true;
  archived?: boolean;
  remove?: true;
}

export interface ListQuery {
  limit: number;
  /** UTF-16 units after which a page ends early, when it is to fit into a frame. */
  unitsMax?: number;
  before: number | null;
  /** Null is everything that is not archived. */
  state: ListState | null;
  category: string | null;
  since: Cursor | null;
}

export interface InboxRpc extends Rpc.DurableObjectBranded {
  /**
   * Appends drafts; one outcome for each, given when all of them are durable. `requestId`, or the
   * connection of a publish over a socket, is for the log.
   */
  publish(drafts: Draft[], requestId?: string | null): Promise<Outcome[]>;
  /** Takes what a topic delivers; gives how far the inbox has come in it, and whether anyone cares. */
  deliver(batch: Batch): Promise<Held>;
  /** Begins to follow a topic; false when it did already. */
  follow(topic: string, asker: Asker): Promise<boolean | Refusal>;
  /** Stops following a topic; false when it did not. */
  unfollow(topic: string, asker: Asker): Promise<boolean | Refusal>;
  /** The topics that are followed, by name. */
  following(asker: Asker): string[] | Refusal;
  /** A page of the inbox or what changed since a cursor, as the text of a JSON object. */
  list(query: ListQuery, asker: Asker): string | Refusal;
  /** Changes the state of messages and tells all devices: `{ changed, epoch, offset, counts }`. */
  mark(change: Omit<Mark, "epoch"> & { epoch: string | null }, asker: Asker): string | Refusal;
  /** Whether tokens issued at `iat` (seconds, or null when they do not say) were revoked. */
  revokes(iat: number | null): boolean;
  /** Closes the user's sockets; tokens issued before `notBefore` (seconds) are refused from now on. */
  disconnect(reconnect: boolean, notBefore: number | null): void;
  /** Erases all that is kept about the user, in topics too; a revocation stays in force. */
  erase(): Promise<void>;
}
