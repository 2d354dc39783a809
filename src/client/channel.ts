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

export interface Hub {
  /** When it is not, the next connect asks for what everyone needs. */
  isOpen(): boolean;
  /** Asks for the topic from a cursor, a time or `latest`. */
  subscribe(since: string): void;
  /** Joins again in a while. */
  retry(): void;
  unsubscribe(): void;
  /** What lies after a cursor is kept no more, or not all of it. */
  gap(since: string): void;
}

export class Channel {
  readonly #hub: Hub;
  readonly #subscribers = new Set<Subscriber>();
  /** Those who are to be joined, one beginning after the other. */
  readonly #waiting = new Set<Subscriber>();
  /** The beginning that the hub was asked for and has not answered. */
  #asked: string | null = null;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  add(subscriber: Subscriber): void {
    const { follower } = subscriber;
    const [other] = this.#subscribers;
    this.#subscribers.add(subscriber);
    // What is new now is what is new to those who are here already.
    if (follower.since === "latest" && other?.follower.cursor)
      follower.cursor = other.follower.cursor;
    else this.#wait(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#waiting.delete(subscriber);
    if (this.#subscribers.delete(subscriber) && this.#subscribers.size === 0)
      this.#hub.unsubscribe();
  }

  /** On a new connection all join anew; gives the beginning that the first of them needs. */
  offer(): string {
    for (const subscriber of this.#subscribers) {
      subscriber.follower.pause();
      this.#waiting.add(subscriber);
    }
    this.#asked = null;
    return this.#next() as string;
  }

  /** That beginning has been asked for by the connect itself. */
  offered(since: string): void {
    this.#asked = since;
  }

  /** Asks for the next beginning that somebody needs. */
  join(): void {
    const since = this.#next();
    if (since === null || this.#asked !== null || !this.#hub.isOpen()) return;
    this.#asked = since;
    this.#hub.subscribe(since);
  }

  joined(beginning: Beginning): void {
    const since = this.#asked;
    this.#asked = null;
    for (const subscriber of this.#waiting) {
      if (subscriber.follower.since !== since) continue;
      this.#waiting.delete(subscriber);
      subscriber.follower.begin(beginning);
    }
    if (since !== null && !beginning.recovered) this.#hub.gap(since);
    this.join();
  }

  refused(error: BelfryError): void {
    this.#asked = null;
    if (error.temporary) this.#hub.retry();
    for (const subscriber of [...this.#subscribers]) {
      if (!error.temporary) this.remove(subscriber);
      subscriber.refused(error);
    }
  }

  take(step: MessagesFrame): void {
    for (const subscriber of [...this.#subscribers])
      if (!subscriber.follower.take(step)) this.#wait(subscriber);
  }

  #wait(subscriber: Subscriber): void {
    this.#waiting.add(subscriber);
    this.join();
  }

  #next(): string | null {
    const [subscriber] = this.#waiting;
    return subscriber ? subscriber.follower.since : null;
  }
}
