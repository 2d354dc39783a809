// belfry/server: the hub's HTTP API for a backend, by `fetch` alone.

import type { Caps } from "../protocol/caps.ts";
import type { Address, NewMessage, Stored } from "../protocol/message.ts";
import { Caller, type CallOptions, type HubOptions, type PublishOptions } from "./server/call.ts";
import { publishMany, publishTo, type Recipients, type Results } from "./server/publish.ts";
import { createTopic, type HubTopic } from "./server/topic.ts";
import { createUser, type HubUser } from "./server/user.ts";

export interface TokenClaims {
  user: string;
  /** The lifetime in seconds; an hour when absent. */
  ttl?: number | undefined;
  caps?: Caps | undefined;
}

export interface MintedToken {
  token: string;
  expires_at: string;
}

/** A hub as a backend uses it. */
export interface Hub {
  /** Publishes one message; resolves once it is durable. */
  publish(to: Address, message: NewMessage, options?: PublishOptions): Promise<Stored>;
  /** Publishes one message to several addresses. A bad address fails alone: check `results`. */
  publish(to: readonly Address[], message: NewMessage, options?: PublishOptions): Promise<Results>;
  /** Publishes messages, each `to` one address or several. Bad ones fail alone: check `results`. */
  publishMany(
    messages: readonly ({ to: Recipients } & NewMessage)[],
    options?: PublishOptions,
  ): Promise<Results>;
  /** Mints a token for a user. */
  mintToken(claims: TokenClaims, options?: CallOptions): Promise<MintedToken>;
  /** Returns the calls for one user: the inbox, follows, sessions, data. Sends nothing yet. */
  user(id: string): HubUser;
  /** Returns the calls for one topic: messages, followers, settings. Sends nothing yet. */
  topic(name: string): HubTopic;
}

/**
 * Returns the hub of a backend. Throws a TypeError when the address or the key is missing or malformed,
 * such as when an environment variable is not set.
 *
 *     const hub = createHub({ url: "https://hub.example.com", key });
 *     await hub.publish("user:ada", { notification: { title: "Build passed" } });
 */
export function createHub(options: HubOptions): Hub {
  const caller = new Caller(options);
  function publish(
    to: Recipients,
    message: NewMessage,
    options?: PublishOptions,
  ): Promise<Stored & Results> {
    const published =
      typeof to === "string"
        ? publishTo(caller, to, message, options)
        : publishMany(caller, [{ ...message, to }], options);
    return published as Promise<Stored & Results>;
  }
  return {
    publish,
    publishMany: (messages, options) => publishMany(caller, messages, options),
    async mintToken(claims, { signal } = {}) {
      return (await caller.json("POST", "tokens", { body: claims, signal })) as MintedToken;
    },
    user: (id) => createUser(caller, id),
    topic: (name) => createTopic(caller, name),
  };
}

export type { Action, Caps } from "../protocol/caps.ts";
export type {
  Address,
  Counts,
  InboxMessage,
  ListState,
  LogMessage,
  Message,
  NewMessage,
  Notification,
  NotificationAction,
  Stored,
  Urgency,
} from "../protocol/message.ts";
export type { CallOptions, HubOptions, PublishOptions } from "./server/call.ts";
export { HubError } from "./server/error.ts";
export type { Recipients, Result, Results } from "./server/publish.ts";
export type {
  Delivery,
  FollowersPage,
  HistoryOptions,
  HistoryPage,
  HubTopic,
  KeptMessage,
  TopicSettings,
  TopicState,
} from "./server/topic.ts";
export type {
  DisconnectOptions,
  ExportHead,
  HubUser,
  ListOptions,
  Mark,
  Marked,
  NotificationChanges,
  NotificationPage,
} from "./server/user.ts";
