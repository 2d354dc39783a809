// One user, as a backend sees it: the inbox, the followed topics, the sessions and the data.

import type {
  Counts,
  InboxMessage,
  ListState,
  MessageState,
  NewMessage,
  Stored,
} from "../../protocol/message.ts";
import {
  type Caller,
  type CallOptions,
  inPath,
  offsetInPath,
  type PublishOptions,
} from "./call.ts";
import { publishTo } from "./publish.ts";

export interface ListOptions extends CallOptions {
  /** The most messages in the page, 1 to 100; 100 when absent. */
  limit?: number | undefined;
  /** Only messages older than this offset. */
  before?: number | null | undefined;
  /** Absent: all messages that are not archived. */
  state?: ListState | undefined;
  category?: string | undefined;
}

export interface NotificationPage {
  /** Newest first. */
  notifications: InboxMessage[];
  counts: Counts;
  /** `<epoch>:<offset>`: the present end of the log. */
  cursor: string;
  /** The `before` of the next page; null on the last. */
  next: number | null;
}

/** The changes after a cursor. */
export interface NotificationChanges {
  /**
   * Messages that are new or were unarchived, oldest first; if `recovered` is false, the newest 50 that are
   * not archived.
   */
  notifications: InboxMessage[];
  states: ({ changed: number } & Partial<MessageState> &
    ({ offsets: number[] } | { up_to: number }))[];
  removed: number[];
  oldest: number;
  recovered: boolean;
  counts: Counts;
  cursor: string;
  next: null;
}

/** A change of flags: of messages by offsets, or of all up to one. The offsets are of `epoch`. */
export type Mark =
  | ({ epoch: string; offsets: readonly number[] } & Flags)
  | { epoch: string; up_to: number; read?: true; seen?: true };

interface Flags {
  /** Read implies seen. */
  read?: boolean;
  seen?: true;
  archived?: boolean;
}

export interface Marked {
  /** False if nothing had to change. */
  changed: boolean;
  epoch: string;
  offset: number;
  counts: Counts;
}

export interface DisconnectOptions extends CallOptions {
  /** Whether the clients reconnect: for a new deployment, not for a user to be locked out. */
  reconnect?: boolean | undefined;
  /** Refuses tokens that were issued before this time, for good. */
  not_before?: Date | string | undefined;
}

/** The first line of an export. */
export interface ExportHead {
  user: string;
  cursor: string;
  counts: Counts;
  not_before: string | null;
  follows: { topic: string; since: string }[];
}

export interface HubUser {
  readonly id: string;
  /** Publishes one message to the user's inbox. */
  publish(message: NewMessage, options?: PublishOptions): Promise<Stored>;
  /** Returns one page of the inbox. */
  list(options?: ListOptions): Promise<NotificationPage>;
  /** Yields the whole inbox, page by page, newest first. */
  notifications(options?: Omit<ListOptions, "before">): AsyncGenerator<InboxMessage, void>;
  /** Returns the changes after a cursor. */
  changes(since: string, options?: CallOptions): Promise<NotificationChanges>;
  /** Marks messages as read, seen or archived, or as unread or not archived. */
  mark(mark: Mark, options?: CallOptions): Promise<Marked>;
  /**
   * Deletes one message; does nothing if it is not stored. `epoch` protects a message that has the same
   * offset in a newer log.
   */
  delete(offset: number, options?: CallOptions & { epoch?: string | undefined }): Promise<void>;
  /** Delivers messages published to the topic from now on to the inbox. */
  follow(topic: string, options?: CallOptions): Promise<void>;
  unfollow(topic: string, options?: CallOptions): Promise<void>;
  /** Returns the names of the topics that the user follows, in order of name. */
  follows(options?: CallOptions): Promise<string[]>;
  /** Closes the user's sockets; with `not_before` also revokes tokens. */
  disconnect(options?: DisconnectOptions): Promise<void>;
  /**
   * Erases all stored data about the user except a revocation (`not_before`), ends the follows, and closes
   * the user's connections.
   */
  erase(options?: CallOptions): Promise<void>;
  /** Yields all stored data about the user: the head, then each notification, oldest first. */
  export(options?: CallOptions): AsyncGenerator<ExportHead | InboxMessage, void>;
}

export function createUser(caller: Caller, id: string): HubUser {
  const path = `users/${inPath(id)}`;
  const list: HubUser["list"] = async ({ signal, ...query } = {}) =>
    (await caller.json("GET", `${path}/notifications`, { query, signal })) as NotificationPage;
  return {
    id,
    publish: (message, options) => publishTo(caller, `user:${id}`, message, options),
    list,
    async *notifications(options = {}) {
      let before: number | null = null;
      do {
        const page: NotificationPage = await list({ ...options, before });
        yield* page.notifications;
        before = page.next;
      } while (before !== null);
    },
    async changes(since, { signal } = {}) {
      const answer = await caller.json("GET", `${path}/notifications`, {
        query: { since: requireText("since", since) },
        signal,
      });
      return answer as NotificationChanges;
    },
    async mark(mark, { signal } = {}) {
      const answer = await caller.json("PATCH", `${path}/notifications`, { body: mark, signal });
      return answer as Marked;
    },
    async delete(offset, { epoch, signal } = {}) {
      // If it is not found, an earlier try has deleted it, or it was never there.
      await caller.found("DELETE", `${path}/notifications/${offsetInPath(offset)}`, {
        query: { epoch },
        signal,
      });
    },
    async follow(topic, { signal } = {}) {
      await caller.json("PUT", `${path}/follows/${inPath(topic)}`, { signal });
    },
    async unfollow(topic, { signal } = {}) {
      await caller.json("DELETE", `${path}/follows/${inPath(topic)}`, { signal });
    },
    async follows({ signal } = {}) {
      const answer = await caller.json("GET", `${path}/follows`, { signal });
      return (answer as { follows: { topic: string }[] }).follows.map(({ topic }) => topic);
    },
    async disconnect({ signal, reconnect, not_before: notBefore } = {}) {
      const time = notBefore instanceof Date ? notBefore.toISOString() : notBefore;
      await caller.json("DELETE", `${path}/connections`, {
        body: { reconnect, not_before: time },
        signal,
      });
    },
    async erase({ signal } = {}) {
      await caller.json("DELETE", path, { signal });
    },
    async *export(options) {
      for await (const line of caller.lines(`${path}/export`, options))
        yield JSON.parse(line) as ExportHead | InboxMessage;
    },
  };
}

/** Returns the value; throws if it is empty, since the call would be a different one. */
function requireText(name: string, value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`\`${name}\` is missing`);
}
