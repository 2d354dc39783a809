// One topic, as an app uses it.

import type { ReplyFrame } from "../protocol/down.ts";
import type { LogMessage, NewMessage } from "../protocol/message.ts";
import type { Subscriber } from "./channel.ts";
import { type Environment, randomId } from "./environment.ts";
import { BelfryError } from "./error.ts";
import { Follower } from "./follower.ts";
import { type Listener, tell } from "./listeners.ts";
import type { Status } from "./status.ts";

/** A message of a topic. The app chooses the type of `data`, which is not checked. */
export type TopicMessage<Data = unknown> = Omit<LogMessage, "data"> & { data?: Data };

export interface SubscribeOptions {
  /** A cursor, an RFC 3339 time, a duration such as `15m`, or `latest` (the default). */
  since?: string;
  signal?: AbortSignal;
  /** Called when the hub refuses. Unless the error is temporary, no more messages come. */
  onError?: (error: BelfryError) => void;
}

/** The id and the place of a published message. `offset` is null for one with `ttl: 0`. */
export interface Published {
  id: string;
  offset: number | null;
  epoch: string;
  duplicate: boolean;
}

/** The part of a client that a topic uses. */
export interface TopicClient {
  readonly status: Status;
  readonly environment: Environment;
  onStatus(listener: Listener<Status>): () => void;
  /** Sends a frame of the protocol; resolves with its reply, rejects with the refusal. */
  request(type: string, members: Record<string, unknown>): Promise<ReplyFrame>;
  /** Adds a subscriber to a topic; returns a function that removes it. */
  join(topic: string, subscriber: Subscriber): () => void;
}

/** Most messages that may wait for a `for await` loop. */
const WAITING_MAX = 1_000;

export interface Topic<Data = unknown> extends AsyncIterable<TopicMessage<Data>> {
  readonly name: string;
  /** Calls `show` once for each message, in order; returns a function that unsubscribes. */
  subscribe(show: (message: TopicMessage<Data>) => void, options?: SubscribeOptions): () => void;
  /**
   * Yields the messages, like `for await (const message of client.topic("news"))`, but takes `since` and
   * `signal`. Throws a BelfryError when the topic is refused for good, when the client is closed, or when
   * the loop leaves more than 1,000 messages waiting (`too_slow`).
   */
  messages(options?: Omit<SubscribeOptions, "onError">): AsyncGenerator<TopicMessage<Data>, void>;
  /**
   * Publishes a message; resolves when it is durable. It always has an id, random if absent, so the hub
   * stores it once even if the client sends it again.
   */
  publish(message: NewMessage): Promise<Published>;
  /** Delivers messages published from now on to the user's inbox, even with no device online. */
  follow(): Promise<void>;
  unfollow(): Promise<void>;
}

export function createTopic<Data>(client: TopicClient, name: string): Topic<Data> {
  const subscribe = (
    show: Listener<TopicMessage<Data>>,
    { since = "latest", signal, onError }: SubscribeOptions = {},
    onEnd?: () => void,
  ) => {
    if (signal?.aborted) return () => undefined;
    // Emptied when the subscription ends, which may happen in the middle of a step.
    const listeners = [show];
    const follower = new Follower(since, (_step, fresh) => {
      for (const message of fresh) tell(listeners, message as TopicMessage<Data>);
    });
    const leave = client.join(name, {
      follower,
      refused(error) {
        if (onError) tell([onError], error);
        else if (!error.temporary) console.warn(`belfry: ${name}: ${error.message}`);
      },
    });
    const end = () => {
      listeners.pop();
      signal?.removeEventListener("abort", end);
      leave();
      onEnd?.();
    };
    signal?.addEventListener("abort", end);
    return end;
  };

  const messages: Topic<Data>["messages"] = async function* (options = {}) {
    const { signal } = options;
    const waiting: TopicMessage<Data>[] = [];
    let failure: BelfryError | undefined;
    let wake: () => void = () => undefined;
    const fail = (error: BelfryError) => {
      if (!error.temporary) failure = error;
      wake();
    };
    const take = (message: TopicMessage<Data>) => {
      if (!failure && waiting.push(message) > WAITING_MAX) fail(new BelfryError("too_slow", name));
      wake();
    };
    const look = (status: Status) => {
      if (status.state === "closed")
        fail(new BelfryError(status.reason.code, status.reason.message));
    };
    const ends = [
      subscribe(take, { ...options, onError: fail }, () => wake()),
      client.onStatus(look),
    ];
    // The client may be closed already.
    look(client.status);
    try {
      while (!signal?.aborted) {
        const message = waiting.shift();
        if (message) yield message;
        else if (failure) throw failure;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      for (const end of ends) end();
    }
  };

  return {
    name,
    subscribe,
    messages,
    [Symbol.asyncIterator]: () => messages(),
    async publish(message) {
      // An `id` that is undefined counts as absent.
      const { id = randomId(client.environment) } = message;
      const identified = { ...message, id };
      const reply = await client.request("publish", { topic: name, message: identified });
      return reply.message as Published;
    },
    async follow() {
      await client.request("follow", { topic: name });
    },
    async unfollow() {
      await client.request("unfollow", { topic: name });
    },
  };
}
