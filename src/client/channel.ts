// The followers of one topic within a client, sharing one subscription at the hub. Each has its own cursor, so a
// replay for one that begins further back is not shown to the others again.

import type { MessagesFrame } from "../protocol/down.ts";
import type { BelfryError } from "./error.ts";
import type { Follower, Start } from "./follower.ts";

export interface Subscriber {
  follower: Follower;
  /** Called when the hub refuses the subscription, or ends it. */
  refused(error: BelfryError): void;
}

/** The part of a client that a channel uses. */
export interface Subscribing {
  /** Whether the connection is open. If not, the subscribers join on the next one. */
  isOpen(): boolean;
  /** Sends a subscribe with a cursor, a time or `latest`. */
  subscribe(since: string): void;
  unsubscribe(): void;
  /** Calls `join` after a while. */
  retry(): void;
  /** Reports that the hub no longer keeps some or all of the messages after a cursor. */
  gap(since: string): void;
}

export interface Channel {
  add(subscriber: Subscriber): void;
  remove(subscriber: Subscriber): void;
  /**
   * Called for a new connection, on which all subscribers join again. `name` adds the `since` of the first
   * to the connect; it returns a falsy value if there is no room.
   */
  offer(name: (since: string) => unknown): void;
  /** Subscribes for the next waiting subscriber. */
  join(): void;
  /** Takes the hub's answer: the beginning, or the error that refuses or ends the subscription. */
  joined(beginning: Start, error?: BelfryError): void;
  take(step: MessagesFrame): void;
}

export function createChannel(hub: Subscribing): Channel {
  const subscribers = new Set<Subscriber>();
  /** The subscribers that have yet to join, one `since` after the other. */
  const waiting = new Set<Subscriber>();
  /** The `since` that was sent to the hub and has no answer yet. */
  let asked: string | null = null;

  const next = () => [...waiting][0]?.follower.since as string;

  function wait(subscriber: Subscriber) {
    waiting.add(subscriber);
    join();
  }

  function join() {
    if (waiting.size === 0 || asked || !hub.isOpen()) return;
    asked = next();
    hub.subscribe(asked);
  }

  function remove(subscriber: Subscriber) {
    waiting.delete(subscriber);
    if (subscribers.delete(subscriber) && subscribers.size === 0) hub.unsubscribe();
  }

  return {
    add(subscriber) {
      const { follower } = subscriber;
      const [other] = subscribers;
      subscribers.add(subscriber);
      // A `latest` subscriber can share the cursor of one that is up to date.
      if (follower.since === "latest" && other?.follower.cursor && !waiting.has(other))
        follower.cursor = other.follower.cursor;
      else wait(subscriber);
    },
    remove,
    offer(name) {
      for (const subscriber of subscribers) {
        subscriber.follower.pause();
        waiting.add(subscriber);
      }
      asked = name(next()) ? next() : null;
    },
    join,
    joined(beginning, error) {
      const since = asked;
      asked = null;
      for (const subscriber of [...subscribers]) {
        // An answer concerns the subscribers with the `since` that was sent. An error without a request ends the
        // subscription, for all of them.
        if ((since || !error) && subscriber.follower.since !== since) continue;
        if (!error) {
          waiting.delete(subscriber);
          subscriber.follower.begin(beginning);
          continue;
        }
        // It may have joined before, and must join again.
        if (error.temporary) waiting.add(subscriber);
        else remove(subscriber);
        subscriber.refused(error);
      }
      if (error?.temporary) hub.retry();
      else join();
      if (since && !error && !beginning.recovered) hub.gap(since);
    },
    take(step) {
      for (const subscriber of [...subscribers])
        if (!subscriber.follower.take(step)) wait(subscriber);
    },
  };
}
