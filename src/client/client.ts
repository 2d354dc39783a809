// One user's client: it hands the frames of the one connection to whom they concern.

import type { ConnectedFrame, DownFrame, ErrorFrame, ReplyFrame } from "../protocol/down.ts";
import { Channel, type Subscriber } from "./channel.ts";
import { Connection, type TokenSource } from "./connection.ts";
import { type Environment, randomId } from "./environment.ts";
import { BelfryError, type Reason, refusalOf } from "./error.ts";
import { type Beginning, type Follower, Parts } from "./follower.ts";
import { type Listener, listen, tell } from "./listeners.ts";
import type { Status } from "./status.ts";
import { Topic } from "./topic.ts";
import type { Transport } from "./transport.ts";

export interface ClientOptions {
  /** The hub's address, such as `https://hub.example.com`. */
  url: string;
  /** A token, or a function that gives one: it is asked at every attempt, and told why. */
  token: TokenSource;
  /** Ways to reach the hub, the next one when one fails to open. Absent: WebSockets. */
  transports?: readonly Transport[];
}

/** What was published after `since` is kept no more, or not all of it. `topic` is null for the inbox. */
export interface Gap {
  topic: string | null;
  since: string;
}

/** The inbox, where a store keeps it. */
export interface InboxFollower {
  follower: Follower;
  connected(frame: ConnectedFrame): void;
}

/** After a refusal that may pass, a topic is asked for again in this time, up to twice as long. */
const RETRY_MS = 5_000;

interface Request {
  frame: { type: string; id: number } & Record<string, unknown>;
  settle(frame: ReplyFrame | ErrorFrame | Reason): void;
}

export class Client {
  readonly environment: Environment;
  readonly #connection: Connection;
  readonly #channels = new Map<string, Channel>();
  /** Requests that are not answered; a new connection repeats them, which the hub takes as once. */
  readonly #requests = new Map<number, Request>();
  readonly #parts = new Parts();
  readonly #onStatus = new Set<Listener<Status>>();
  readonly #onGap = new Set<Listener<Gap>>();
  #inbox: InboxFollower | null = null;
  #lastId = 0;

  constructor({ url, token, transports = [] }: ClientOptions, environment: Environment) {
    this.environment = environment;
    this.#connection = new Connection({
      url: url.replace(/\/+$/, ""),
      token,
      transports,
      environment,
      offer: (topicsMax) => this.#offer(topicsMax),
      connected: (frame) => this.#connected(frame),
      frame: (frame) => this.#take(frame),
      changed: (status) => this.#changed(status),
    });
  }

  get status(): Status {
    return this.#connection.status;
  }

  /** Tells of each change of `status`; gives the function that ends it. */
  onStatus(listener: Listener<Status>): () => void {
    return listen(this.#onStatus, listener);
  }

  /** Tells of messages that can never be shown, since the hub does not keep them any more. */
  onGap(listener: Listener<Gap>): () => void {
    return listen(this.#onGap, listener);
  }

  topic<Data = unknown>(name: string): Topic<Data> {
    return new Topic<Data>(this, name);
  }

  /** Connects at once, or makes sure that it is connected: after a login, or where there is no page. */
  connect(): void {
    this.#connection.connect();
  }

  /** Ends it, and with it all requests that are not answered. */
  close(): void {
    this.#connection.end({ close: 1000, code: "closed", message: "the client was closed" });
  }

  /** Sends one frame of the protocol; resolves with its reply, and throws what it is refused with. */
  request(type: string, members: Record<string, unknown>): Promise<ReplyFrame> {
    return new Promise((resolve, reject) => {
      this.#ask(type, members, (answer) => {
        if (!("type" in answer)) reject(new BelfryError(answer.code, answer.message));
        else if (answer.type === "reply") resolve(answer);
        else reject(refusalOf(answer));
      });
      this.#use();
    });
  }

  newId(): string {
    return randomId(this.environment);
  }

  /** Follows a topic for as long as somebody wants it; gives the function that ends it. */
  join(topic: string, subscriber: Subscriber): () => void {
    const channel = this.#channels.get(topic) ?? this.#newChannel(topic);
    channel.add(subscriber);
    this.#use();
    return () => channel.remove(subscriber);
  }

  /** Begins the inbox. A connection that was opened without it is opened anew. */
  followInbox(inbox: InboxFollower): void {
    this.#inbox = inbox;
    this.#connection.reopen();
    this.#use();
  }

  #use(): void {
    const { status } = this;
    if (status.state === "idle") this.connect();
    if (status.state === "closed") this.#abandon(status.reason);
  }

  #abandon(reason: Reason): void {
    for (const [id, { settle }] of this.#requests) {
      this.#requests.delete(id);
      settle(reason);
    }
  }

  #ask(type: string, members: object, settle: Request["settle"]): void {
    this.#lastId += 1;
    const frame = { type, id: this.#lastId, ...members };
    this.#requests.set(frame.id, { frame, settle });
    if (this.#connection.isOpen) this.#connection.send(frame);
  }

  #newChannel(topic: string): Channel {
    const { after, random } = this.environment;
    const channel = new Channel({
      isOpen: () => this.#connection.isOpen,
      subscribe: (since) => {
        this.#ask("subscribe", { topic, since }, (answer) => {
          if ("type" in answer) this.#topicFrame(answer, topic);
        });
      },
      retry: () => after(RETRY_MS * (1 + random()), () => channel.join()),
      unsubscribe: () => {
        if (this.#channels.get(topic) === channel) this.#channels.delete(topic);
        if (this.#connection.isOpen) this.#ask("unsubscribe", { topic }, () => undefined);
      },
      gap: (since) => tell(this.#onGap, { topic, since }),
    });
    this.#channels.set(topic, channel);
    return channel;
  }

  #offer(topicsMax: number) {
    this.#parts.clear();
    const topics = [...this.#channels].map(([topic, channel]) => [topic, channel.offer()] as const);
    const offered = topics.slice(0, topicsMax);
    for (const [topic, since] of offered) this.#channels.get(topic)?.offered(since);
    return { since: this.#inbox ? this.#inbox.follower.since : "latest", topics: offered };
  }

  #connected(frame: ConnectedFrame): void {
    if (this.#inbox) {
      const { follower } = this.#inbox;
      if (!frame.recovered) tell(this.#onGap, { topic: null, since: follower.since as string });
      follower.begin(frame);
      this.#inbox.connected(frame);
    }
    for (const [id, { frame }] of this.#requests) {
      // Topics are asked for anew, with cursors that may have moved.
      if (frame.type.endsWith("subscribe")) this.#requests.delete(id);
      else this.#connection.send(frame);
    }
    for (const channel of this.#channels.values()) channel.join();
  }

  #take(frame: DownFrame): void {
    if (frame.type === "messages") {
      const step = this.#parts.join(frame);
      if (step?.topic) this.#channels.get(step.topic)?.take(step);
      else if (step && this.#inbox && !this.#inbox.follower.take(step))
        this.#connection.lose(1006, "step_missing", "a step of the inbox is missing");
    } else if (frame.type === "reply" || frame.type === "error") {
      const request = this.#requests.get(frame.id as number);
      this.#requests.delete(frame.id as number);
      if (request) request.settle(frame);
      else if (typeof frame.topic === "string") this.#topicFrame(frame, frame.topic);
    }
  }

  /** A topic is subscribed to, or it is not, or not any more. */
  #topicFrame(frame: ReplyFrame | ErrorFrame, topic: string): void {
    const channel = this.#channels.get(topic);
    if (frame.type === "error") channel?.refused(refusalOf(frame as ErrorFrame));
    else if (channel) channel.joined(frame as unknown as Beginning);
    // Nobody wants it any more since the connect asked for it.
    else this.#ask("unsubscribe", { topic }, () => undefined);
  }

  #changed(status: Status): void {
    if (status.state === "closed") this.#abandon(status.reason);
    tell(this.#onStatus, status);
  }
}
