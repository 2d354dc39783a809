// The followers of one topic within a client, behind one subscription at the hub. Each has a cursor of
// its own, so that one that begins further back is shown what the others have had, and they are not.

import type { MessagesFrame } from "../protocol/down.ts";
import type { BelfryError } from "./error.ts";
import type { Beginning, Follower } from "./follower.ts";

export interface Subscriber {
  follower: Follower;
  /** Told why the topic is not, or not any more, subscribed to. */
  refused(error: BelfryError): void;
}

/** What a channel needs of its client. */
export interface Subscribing {
  /** When it is not, the next connect asks for what everyone needs. */
  isOpen(): boolean;
  /** Asks for the topic from a cursor, a time or `latest`. */
  subscribe(since: string): void;
  unsubscribe(): void;
  /** Joins again in a while. */
  retry(): void;
  /** What lies after a cursor is kept no more, or not all of it. */
  gap(since: string): void;
}

export interface Channel {
  add(subscriber: Subscriber): void;
  remove(subscriber: Subscriber): void;
  /** On a new connection all join anew, the first of them by the connect, if that can name its beginning. */
  offer(name: (since: string) => unknown): void;
  /** Asks for the next beginning that somebody needs. */
  join(): void;
  /** The hub has answered: where it begins, or why it does not, or not any more. */
  joined(beginning: Beginning, error?: BelfryError): void;
  take(step: MessagesFrame): void;
}

export function createChannel(hub: Subscribing): Channel {
  const subscribers = new Set<Subscriber>();
  /** Those who are to be joined, one beginning after the other. */
  const waiting = new Set<Subscriber>();
  /** The beginning that the hub was asked for and has not answered. */
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
      // What is new now is what is new to those who are here already, and lack nothing.
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
        // An answer is theirs who asked. Where nobody did, a subscription has ended, and for everyone.
        if ((since || !error) && subscriber.follower.since !== since) continue;
        if (!error) {
          waiting.delete(subscriber);
          subscriber.follower.begin(beginning);
          continue;
        }
        // It may have been subscribed to until now, and is to be again.
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
