// What a backend does with one user: the inbox, the topics that are followed, the sessions, the data.

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
  /** 1 to 100, 100 when absent. */
  limit?: number | undefined;
  /** Only what is older than this offset. */
  before?: number | null | undefined;
  /** Absent: everything that is not archived. */
  state?: ListState | undefined;
  category?: string | undefined;
}

export interface NotificationPage {
  /** Newest first. */
  notifications: InboxMessage[];
  counts: Counts;
  /** `<epoch>:<offset>`: how far the log has come. */
  cursor: string;
  /** The `before` of the next page; null on the last. */
  next: number | null;
}

/** What changed after a cursor. */
export interface NotificationChanges {
  /** What is new or was unarchived, oldest first; all there is where `recovered` is false. */
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

/** Which messages: by offsets, or all up to one. The epoch is the one that the offsets are of. */
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
  /** False when everything was so already. */
  changed: boolean;
  epoch: string;
  offset: number;
  counts: Counts;
}

export interface DisconnectOptions extends CallOptions {
  /** Whether the sockets come back: for a new deployment, not for a user who is locked out. */
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
  /** One page of the inbox. */
  list(options?: ListOptions): Promise<NotificationPage>;
  /** The whole inbox, page by page, newest first. */
  notifications(options?: Omit<ListOptions, "before">): AsyncGenerator<InboxMessage, void>;
  /** What changed after a cursor. */
  changes(since: string, options?: CallOptions): Promise<NotificationChanges>;
  /** Marks as read, seen or archived, or takes it back. */
  mark(mark: Mark, options?: CallOptions): Promise<Marked>;
  /** Deletes one message; nothing happens where none is kept. The epoch guards against another log. */
  delete(offset: number, options?: CallOptions & { epoch?: string | undefined }): Promise<void>;
  /** From now on what is published to the topic comes into the inbox. */
  follow(topic: string, options?: CallOptions): Promise<void>;
  unfollow(topic: string, options?: CallOptions): Promise<void>;
  /** The topics that the user follows, by name. */
  follows(options?: CallOptions): Promise<string[]>;
  /** Closes the user's sockets; with `not_before` it revokes tokens too. */
  disconnect(options?: DisconnectOptions): Promise<void>;
  /** Erases everything that is kept about the user. */
  erase(options?: CallOptions): Promise<void>;
  /** Everything that is kept about the user: the head, then each notification, oldest first. */
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
      // It was deleted by a try whose answer was lost, or was not there.
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

/** Without it the call would be another one. */
function requireText(name: string, value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`\`${name}\` is missing`);
}
