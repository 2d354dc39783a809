// What a backend does with one topic: its messages, who follows it, how much it keeps.

import type { LogMessage, NewMessage, Stored } from "../../protocol/message.ts";
import {
  type Caller,
  type CallOptions,
  inPath,
  offsetInPath,
  type PublishOptions,
} from "./call.ts";
import { publishTo } from "./publish.ts";

/** A message as it is kept: it has an offset. */
export type KeptMessage = LogMessage & { offset: number };

/** What is set for one topic; what is absent is as the hub's vars have it. */
export interface TopicSettings {
  /** Who may read: anyone, or a token with the cap `subscribe`. */
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
  /** Users that it delivers to. */
  members: number;
}

export interface HistoryOptions extends CallOptions {
  /** A cursor, an RFC 3339 time or a duration such as `15m`. Absent: the newest `limit` messages. */
  since?: string | null | undefined;
  /** Without `since`: only what is older than this offset. */
  before?: number | undefined;
  /** 1 to 100, 100 when absent. */
  limit?: number | undefined;
}

export interface HistoryPage {
  /** Oldest first. */
  messages: KeptMessage[];
  /** False when messages between `since` and the first one are kept no more. */
  recovered: boolean;
  cursor: string;
  /** The `since` of the next page, or null. */
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
  /** What is in force for the topic, and how it stands. */
  state(options?: CallOptions): Promise<TopicState>;
  /** Replaces all that was set before. */
  set(settings: TopicSettings, options?: CallOptions): Promise<TopicState>;
  /** One page of what is kept. */
  history(options?: HistoryOptions): Promise<HistoryPage>;
  /** All that is kept after `since`, page by page, oldest first; from the beginning when absent. */
  messages(options?: Omit<HistoryOptions, "before">): AsyncGenerator<KeptMessage, void>;
  /** One message; null where none is kept. */
  message(offset: number, options?: CallOptions): Promise<KeptMessage | null>;
  /** How far the delivery of a message is; null where nothing was published at the offset yet. */
  delivery(offset: number, options?: CallOptions): Promise<Delivery | null>;
  /** One page of the users who follow it, by name. */
  followers(
    options?: CallOptions & { after?: string | null | undefined; limit?: number | undefined },
  ): Promise<FollowersPage>;
  /** All users who follow it, page by page. */
  allFollowers(options?: CallOptions): AsyncGenerator<string, void>;
  isFollowedBy(user: string, options?: CallOptions): Promise<boolean>;
}

/** Before the first message of any log. */
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
