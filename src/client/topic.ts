// One topic, as an app uses it.

import type { LogMessage, Message } from "../protocol/message.ts";
import type { Client } from "./client.ts";
import { BelfryError } from "./error.ts";
import { Follower } from "./follower.ts";
import { tell } from "./listeners.ts";

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

/** Messages that may wait for a `for await` loop. */
const WAITING_MAX = 1_000;

export class Topic<Data = unknown> implements AsyncIterable<TopicMessage<Data>> {
  readonly name: string;
  readonly #client: Client;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.name = name;
  }

  /** Shows each message once, in order; gives the function that ends it. */
  subscribe(
    show: (message: TopicMessage<Data>) => void,
    { since = "latest", signal, onError }: SubscribeOptions = {},
  ): () => void {
    if (signal?.aborted) return () => undefined;
    const follower = new Follower(since, (_step, fresh) => {
      for (const message of fresh) tell([show], message as TopicMessage<Data>);
    });
    const end = this.#client.join(this.name, {
      follower,
      refused: (error) => onError && tell([onError], error),
    });
    signal?.addEventListener("abort", end, { once: true });
    return () => {
      signal?.removeEventListener("abort", end);
      end();
    };
  }

  /** `for await (const message of client.topic("news"))`: from now on, until it is left. */
  [Symbol.asyncIterator](): AsyncGenerator<TopicMessage<Data>, void> {
    return this.messages();
  }

  /** The same with a beginning and a signal. Throws what the hub refuses with. */
  async *messages(
    options: Omit<SubscribeOptions, "onError"> = {},
  ): AsyncGenerator<TopicMessage<Data>, void> {
    const waiting: TopicMessage<Data>[] = [];
    let failure: BelfryError | undefined;
    let wake: () => void = () => undefined;
    const fail = (error: BelfryError) => {
      if (!error.temporary) failure = error;
      wake();
    };
    const take = (message: TopicMessage<Data>) => {
      if (waiting.push(message) > WAITING_MAX)
        fail(new BelfryError("too_slow", `${WAITING_MAX} messages of ${this.name} are waiting`));
      wake();
    };
    const { signal } = options;
    signal?.addEventListener("abort", () => wake());
    const off = this.#client.onStatus((status) => {
      if (status.state === "closed")
        fail(new BelfryError(status.reason.code, status.reason.message));
    });
    const end = this.subscribe(take, { ...options, onError: fail });
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
      off();
      end();
    }
  }

  /** Resolves when it is durable. It has an id of its own, and so is stored once however often sent. */
  async publish(message: Message): Promise<Published> {
    const identified = { id: this.#client.newId(), ...message };
    const reply = await this.#client.request("publish", { topic: this.name, message: identified });
    return reply.message as Published;
  }

  /** From now on what is published here comes into the user's inbox, with or without a device. */
  async follow(): Promise<void> {
    await this.#client.request("follow", { topic: this.name });
  }

  async unfollow(): Promise<void> {
    await this.#client.request("unfollow", { topic: this.name });
  }
}
