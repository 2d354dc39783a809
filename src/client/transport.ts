// A way to reach the hub. The core brings one over WebSockets; belfry/sse and belfry/tabs are others.

import type { DownFrame } from "../protocol/down.ts";
import type { Environment } from "./environment.ts";

/** Where a connection begins. */
export interface Offer {
  /** The hub's address, without a slash at the end. */
  url: string;
  token: string;
  /** Of the inbox: a cursor, `latest`, or null for a snapshot. */
  since: string | null;
  /** Topics to subscribe to, each with its `since`. */
  topics: readonly (readonly [topic: string, since: string])[];
  environment: Environment;
}

/** One line to the hub. After `close` it is silent. */
export interface Line {
  /** Sends the text of a frame: `ping`, or JSON that begins with the members `type` and `id`. */
  send(text: string): void;
  close(): void;
}

/** What a line tells the client. */
export interface LineEvents {
  frame(frame: DownFrame): void;
  /** It is over, with a close code of the protocol or of WebSockets. */
  lost(close: number, reason: string): void;
  /** It has to be opened again, at once: nothing is wrong. With a token that was just asked for, if any. */
  reopen(token?: string): void;
}

export interface Transport {
  readonly name: string;
  /** How many topics an offer may name; the others are subscribed to by frames. */
  readonly topicsMax: number;
  open(offer: Offer, events: LineEvents): Line;
  /** The page is being left, or the client closed: lets go of what outlives a line. */
  leave?(): void;
}

/** The address of a connect, the same for every transport. */
export function connectUrl({ url, since, topics }: Offer): string {
  const named = topics.map(([topic, from]) => `${topic}~${from}`).join();
  return `${url}/v1/connect?since=${since ?? ""}${named && `&topics=${encodeURIComponent(named)}`}`;
}
