// The RPC methods of a user's inbox. Objects of an earlier deployment call them too: keep them compatible.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Cursor } from "../protocol/cursor.ts";
import type { Refusal } from "../protocol/error.ts";
import type { ListState } from "../protocol/message.ts";
import type { Batch, DeliverReply } from "./member.ts";

/** The caller: a user, as the token's `iat` in seconds, or a `"backend"`, with its key checked. */
export type Asker = "backend" | { iat: number | null };

/** A change of state for some messages; an absent flag stays as it is. */
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
  /** UTF-16 units after which a page takes no further message, when it must fit into a frame. */
  unitsMax?: number;
  before: number | null;
  /** Null for everything that is not archived. */
  state: ListState | null;
  category: string | null;
  since: Cursor | null;
}

export interface InboxRpc extends Rpc.DurableObjectBranded {
  /**
   * Appends drafts; resolves to one outcome for each, when all of them are durable. `requestId`, or the
   * connection of a publish over a socket, is for the log lines.
   */
  publish(drafts: Draft[], requestId?: string | null): Promise<Outcome[]>;
  /**
   * Takes a batch of a topic; returns how far the inbox has come in the topic, and whether the user follows
   * or watches it.
   */
  deliver(batch: Batch): Promise<DeliverReply>;
  /** Begins to follow a topic; resolves to false when the user followed it already. */
  follow(topic: string, asker: Asker): Promise<boolean | Refusal>;
  /** Stops following a topic; resolves to false when the user did not follow it. */
  unfollow(topic: string, asker: Asker): Promise<boolean | Refusal>;
  /** Returns the followed topics, sorted by name. */
  following(asker: Asker): string[] | Refusal;
  /** Returns a page of the inbox, or the changes since a cursor, as the text of a JSON object. */
  list(query: ListQuery, asker: Asker): string | Refusal;
  /**
   * Changes the state of messages and sends the change to all devices; returns the text of `{ changed,
   * epoch, offset, counts }`.
   */
  mark(change: Omit<Mark, "epoch"> & { epoch: string | null }, asker: Asker): string | Refusal;
  /** Whether tokens issued at `iat` (seconds; null for a token without `iat`) were revoked. */
  revokes(iat: number | null): boolean;
  /**
   * Closes the user's sockets; their clients reconnect only if `reconnect`. Tokens issued before
   * `notBefore` (seconds) are refused from now on; null leaves that as it is.
   */
  disconnect(reconnect: boolean, notBefore: number | null): void;
  /** Erases all data about the user, in topics too; a revocation stays in force. */
  erase(): Promise<void>;
}
