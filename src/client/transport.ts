// The interface of a transport: a way to reach the hub. The core includes one over WebSockets; belfry/sse and
// belfry/tabs are others.

import type { DownFrame } from "../protocol/down.ts";
import type { Environment } from "./environment.ts";

/** The beginning of a connection: the address, the token, and the cursors to continue from. */
export interface Offer {
  /** The hub's address, without a slash at the end. */
  url: string;
  token: string;
  /** The beginning of the inbox: a cursor, `latest`, or null for a snapshot. */
  since: string | null;
  /** Topics to subscribe to, each with its `since`. */
  topics: readonly (readonly [topic: string, since: string])[];
  environment: Environment;
}

/** One line to the hub. The client ignores its events after `close`. */
export interface Line {
  /** Sends the text of a frame: `ping`, or JSON that begins with the members `type` and `id`. */
  send(text: string): void;
  close(): void;
}

/** The events of a line, for the client. */
export interface LineEvents {
  frame(frame: DownFrame): void;
  /** The line has ended, with a close code of the protocol or of WebSockets. */
  lost(close: number, reason: string): void;
  /**
   * Asks the client to replace the line at once, although it has not failed. `token` is a token that the
   * app has just provided.
   */
  reopen(token?: string): void;
}

export interface Transport {
  readonly name: string;
  /** Most topics that an offer may name; the client subscribes to the others by frames. */
  readonly topicsMax: number;
  open(offer: Offer, events: LineEvents): Line;
  /**
   * Called when the page is left, the client is closed or another transport is used: releases resources
   * that outlive a line.
   */
  leave?(): void;
}

/** Returns the address of a connect, which is the same for every transport. */
export function connectUrl({ url, since, topics }: Offer): string {
  const named = topics.map(([topic, from]) => `${topic}~${from}`).join();
  return `${url}/v1/connect?since=${since ?? ""}${named && `&topics=${encodeURIComponent(named)}`}`;
}
