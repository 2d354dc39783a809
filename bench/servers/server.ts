// What the generator needs to know of a server under test: where it listens, and how one publishes
// to it and connects to it. Everything else about a server stays in its own file.

import type { GreetingStep } from "../generator/subscriber.ts";

export const SERVER_NAMES = [
  "belfry",
  "bare",
  "bare+insert",
  "bare+token",
  "ws",
  "ws+coalesce",
  "socket.io",
] as const;

export type ServerName = (typeof SERVER_NAMES)[number];

export interface Address {
  kind: "user" | "topic";
  name: string;
}

/** How a user follows a topic, and how one learns what has come of it. */
export interface Following {
  followRequest(user: Address, topic: Address): string;
  /**
   * Asks how many followers have the message at an offset, the first being 1. Absent where a publish
   * is answered once all have it.
   */
  delivery?: { request(topic: Address, offset: number): string; read(reply: string): number };
  /** Asks for the newest messages that a user keeps; in the reply, too, how many ever came. */
  kept: { request(user: Address, limit: number): string; readCount(reply: string): number };
}

/** How requests to a server are written; the same for all its processes. */
export interface Dialect {
  publishRequest(address: Address, body: string): string;
  /** `client` numbers the connections, so that each can be another user. */
  connectRequest(address: Address, client: number, since?: string): string;
  /** Absent where a connection is ready with the 101. */
  greet?: (frame: string) => GreetingStep;
  /** The cursor in a greeting; absent where the server does not replay. */
  cursorOf?: (greeting: string) => string;
  /** A user's own connection that also carries a topic; absent where a connection is of one address. */
  subscribing?: Pick<Dialect, "connectRequest" | "greet">;
  /** Absent where nothing is kept for who is not connected. */
  following?: Following;
}

export interface Server extends Dialect {
  name: ServerName;
  pid: number;
  port: number;
  stop(): Promise<void>;
}
