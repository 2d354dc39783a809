// The generator's view of a server under test: its port, and the requests that publish to it and connect
// to it. Everything else about a server stays in its own file.

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

/** The requests by which a user follows a topic, and those that check the result. */
export interface Following {
  followRequest(user: Address, topic: Address): string;
  /**
   * Asks for the number of followers that have the message at an offset; the first offset is 1. Absent where
   * a publish is answered once all have it.
   */
  delivery?: { request(topic: Address, offset: number): string; read(reply: string): number };
  /** Asks for the newest messages that a user keeps; the reply also counts all that ever came. */
  kept: { request(user: Address, limit: number): string; readCount(reply: string): number };
}

/** The form of requests to a server; the same for all its processes. */
export interface Dialect {
  publishRequest(address: Address, body: string): string;
  /** `client` numbers the connections, so that each can be another user. */
  connectRequest(address: Address, client: number, since?: string): string;
  /** Absent where a connection is ready with the 101. */
  greet?: (frame: string) => GreetingStep;
  /** The cursor in a greeting; absent where the server does not replay. */
  cursorOf?: (greeting: string) => string;
  /** A user's own connection that also carries a topic; absent where each has one address. */
  subscribing?: Pick<Dialect, "connectRequest" | "greet">;
  /** Absent where the server keeps nothing for users without a connection. */
  following?: Following;
}

export interface Server extends Dialect {
  name: ServerName;
  pid: number;
  port: number;
  stop(): Promise<void>;
}
