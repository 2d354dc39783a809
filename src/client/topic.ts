// One topic, as an app uses it.

import type { ReplyFrame } from "../protocol/down.ts";
import type { LogMessage, NewMessage } from "../protocol/message.ts";
import type { Subscriber } from "./channel.ts";
import { type Environment, randomId } from "./environment.ts";
import { BelfryError } from "./error.ts";
import { Follower } from "./follower.ts";
import { type Listener, tell } from "./listeners.ts";
import type { Status } from "./status.ts";

/** A message of a topic, whose `data` is of the type that the app says it is. */
export type TopicMessage<Data = unknown> = Omit<LogMessage, "data"> & { data?: Data };

export interface SubscribeOptions {
  /** A cursor, an RFC 3339 time, a duration such as `15m`, or `latest`, which it is when absent. */
  since?: string;
  signal?: AbortSignal;
  /** Told when the hub refuses; unless the error is temporary, nothing more comes. */
  onError?: (error: BelfryError) => void;
}

/** What the hub stored. `offset` is null for a message with `ttl: 0`. */
export interface Published {
  id: string;
  offset: number | null;
  epoch: string;
  duplicate: boolean;
}

/** What a topic needs of its client. */
export interface TopicClient {
  readonly status: Status;
  readonly environment: Environment;
  onStatus(listener: Listener<Status>): () => void;
  /** Sends a frame of the protocol; resolves with its reply, and throws what it is refused with. */
  request(type: string, members: Record<string, unknown>): Promise<ReplyFrame>;
  /** Follows a topic until the function that it gives is called. */
  join(topic: string, subscriber: Subscriber): () => void;
}

/** Messages that may wait for a `for await` loop. */
const WAITING_MAX = 1_000;

export interface Topic<Data = unknown> extends AsyncIterable<TopicMessage<Data>> {
  readonly name: string;
  /** Shows each message once, in order; gives the function that ends it. */
  subscribe(show: (message: TopicMessage<Data>) => void, options?: SubscribeOptions): () => void;
  /** What `for await (const message of client.topic("news"))` does, with a beginning and a signal. */
  messages(options?: Omit<SubscribeOptions, "onError">): AsyncGenerator<TopicMessage<Data>, void>;
  /** Resolves when it is durable. It has an id of its own, and so is stored once however often sent. */
  publish(message: NewMessage): Promise<Published>;
  /** From now on what is published here comes into the user's inbox, with or without a device. */
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
    // Emptied by the end of it, which may come in the middle of a step.
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
    // It may have been closed before.
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
      // An `id` that is undefined is none.
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
