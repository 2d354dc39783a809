// One topic, as a backend uses it: its messages, its followers and its settings.

import type { LogMessage, NewMessage, Stored } from "../../protocol/message.ts";
import {
  type Caller,
  type CallOptions,
  inPath,
  offsetInPath,
  type PublishOptions,
} from "./call.ts";
import { publishTo } from "./publish.ts";

/** A stored message, which always has an offset. */
export type KeptMessage = LogMessage & { offset: number };

/** The settings of one topic. An absent one follows the hub's vars. */
export interface TopicSettings {
  /** Read access: `public` for everyone, `token` for tokens with the cap `subscribe`. */
  access?: "public" | "token" | undefined;
  messages_max?: number | undefined;
  age_days?: number | undefined;
}

export interface TopicState {
  topic: string;
  access: "public" | "token";
  messages_max: number;
  age_days: number;
  cursor: string;
  /** The number of users it delivers to. */
  members: number;
}

export interface HistoryOptions extends CallOptions {
  /** A cursor, an RFC 3339 time or a duration such as `15m`. Absent: the newest `limit` messages. */
  since?: string | null | undefined;
  /** Without `since`: only messages older than this offset. */
  before?: number | undefined;
  /** The most messages in the page, 1 to 100; 100 when absent. */
  limit?: number | undefined;
}

export interface HistoryPage {
  /** Oldest first. */
  messages: KeptMessage[];
  /** False when messages between `since` and the first one are no longer kept. */
  recovered: boolean;
  cursor: string;
  /** The `since` of the next page. Null on the last, and always without `since`: then page with `before`. */
  next: string | null;
}

export interface FollowersPage {
  followers: string[];
  /** The `after` of the next page, or null. */
  next: string | null;
}

export interface Delivery {
  members: number;
  delivered: number;
  behind: number;
}

export interface HubTopic {
  readonly name: string;
  publish(message: NewMessage, options?: PublishOptions): Promise<Stored>;
  /** Returns the settings in force and the present state of the topic. */
  state(options?: CallOptions): Promise<TopicState>;
  /** Replaces all settings made before. */
  set(settings: TopicSettings, options?: CallOptions): Promise<TopicState>;
  /** Returns one page of the stored messages. */
  history(options?: HistoryOptions): Promise<HistoryPage>;
  /** Yields the stored messages after `since`, page by page, oldest first; all when absent. */
  messages(options?: Omit<HistoryOptions, "before">): AsyncGenerator<KeptMessage, void>;
  /** Returns one message; null if it is not stored. */
  message(offset: number, options?: CallOptions): Promise<KeptMessage | null>;
  /** Returns the progress of a delivery; null if nothing was published at the offset yet. */
  delivery(offset: number, options?: CallOptions): Promise<Delivery | null>;
  /** Returns one page of the users that follow the topic, in order of name. */
  followers(
    options?: CallOptions & { after?: string | null | undefined; limit?: number | undefined },
  ): Promise<FollowersPage>;
  /** Yields all users that follow the topic, page by page. */
  allFollowers(options?: CallOptions): AsyncGenerator<string, void>;
  isFollowedBy(user: string, options?: CallOptions): Promise<boolean>;
}

/** The cursor before the first message of any log. */
const BEGINNING = "0:0";

export function createTopic(caller: Caller, name: string): HubTopic {
  const path = `topics/${inPath(name)}`;
  const at = (offset: number) => `${path}/messages/${offsetInPath(offset)}`;
  const history: HubTopic["history"] = async ({ signal, ...query } = {}) =>
    (await caller.json("GET", `${path}/messages`, { query, signal })) as HistoryPage;
  const followers: HubTopic["followers"] = async ({ signal, ...query } = {}) =>
    (await caller.json("GET", `${path}/followers`, { query, signal })) as FollowersPage;
  return {
    name,
    publish: (message, options) => publishTo(caller, `topic:${name}`, message, options),
    state: async ({ signal } = {}) => (await caller.json("GET", path, { signal })) as TopicState,
    set: async (settings, { signal } = {}) =>
      (await caller.json("PUT", path, { body: settings, signal })) as TopicState,
    history,
    async *messages(options = {}) {
      let since: string | null = options.since ?? BEGINNING;
      do {
        const page: HistoryPage = await history({ ...options, since });
        yield* page.messages;
        since = page.next;
      } while (since !== null);
    },
    message: async (offset, { signal } = {}) =>
      (await caller.found("GET", at(offset), { signal })) as KeptMessage | null,
    delivery: async (offset, { signal } = {}) =>
      (await caller.found("GET", `${at(offset)}/delivery`, { signal })) as Delivery | null,
    followers,
    async *allFollowers(options = {}) {
      let after: string | null = null;
      do {
        const page: FollowersPage = await followers({ ...options, after });
        yield* page.followers;
        after = page.next;
      } while (after !== null);
    },
    isFollowedBy: async (user, { signal } = {}) =>
      (await caller.found("GET", `${path}/followers/${inPath(user)}`, { signal })) !== null,
  };
}
