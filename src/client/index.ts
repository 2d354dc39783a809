// belfry/client: the exports for apps.

import { type Client, type ClientOptions, newClient } from "./client.ts";
import { surroundings } from "./environment.ts";
import { websocket } from "./websocket.ts";

/**
 * Returns a client, which connects when it is first used. Throws a TypeError if `url` is no hub's address.
 *
 *     const client = createClient({ url: "https://hub.example.com", token: () => fetchToken() });
 *     client.topic("news").subscribe((message) => console.log(message.data));
 */
export function createClient(options: ClientOptions): Client {
  return newClient(options, surroundings());
}

export type { Action, Caps } from "../protocol/caps.ts";
export type {
  LogMessage,
  Message,
  NewMessage,
  Notification,
  NotificationAction,
  Urgency,
} from "../protocol/message.ts";
export type { Client, ClientOptions, Gap } from "./client.ts";
export { BelfryError, type Reason } from "./error.ts";
export type { Status } from "./status.ts";
export type { TokenReason, TokenSource } from "./token.ts";
export type { Published, SubscribeOptions, Topic, TopicMessage } from "./topic.ts";
export type { Line, LineEvents, Offer, Transport } from "./transport.ts";
export { websocket };
