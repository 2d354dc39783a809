// belfry/client: what an app imports.

import { type Client, type ClientOptions, newClient } from "./client.ts";
import { surroundings } from "./environment.ts";
import { websocket } from "./websocket.ts";

/**
 * Makes a client. It connects when it is first used.
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
