// What the generator needs to know of a server under test: where it listens, and how one publishes
// to it and connects to it. Everything else about a server stays in its own file.

import type { GreetingStep } from "../generator/subscriber.ts";

export const SERVER_NAMES = [
  "belfry",
  "bare",
  "bare+insert",
  "ws",
  "ws+coalesce",
  "socket.io",
] as const;

export type ServerName = (typeof SERVER_NAMES)[number];

export interface Address {
  kind: "user" | "topic";
  name: string;
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
}

export interface Server extends Dialect {
  name: ServerName;
  pid: number;
  port: number;
  stop(): Promise<void>;
}
