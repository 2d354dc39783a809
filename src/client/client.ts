// The client of one user: it routes the frames of its one connection to the inbox, topics and requests.

import type { ConnectedFrame, DownFrame, MessagesFrame, ReplyFrame } from "../protocol/down.ts";
import { type Channel, createChannel } from "./channel.ts";
import { createConnection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { BelfryError } from "./error.ts";
import type { Follower, Start } from "./follower.ts";
import { printFrame } from "./frame.ts";
import type { Credentials } from "./http-calls.ts";
import { type Listener, listen, tell } from "./listeners.ts";
import type { Status } from "./status.ts";
import type { TokenSource } from "./token.ts";
import { createTopic, type Topic, type TopicClient } from "./topic.ts";
import type { Transport } from "./transport.ts";
import { websocket } from "./websocket.ts";

export interface ClientOptions {
  /** The hub's address, such as `https://hub.example.com`. */
  url: string;
  /**
   * A token, or a function that returns one. It is called with the reason for each attempt to connect, and
   * before the token of an open connection ends.
   */
  token: TokenSource;
  /** Ways to reach the hub: after two failed attempts the next is tried. Absent: WebSockets. */
  transports?: readonly Transport[];
}

/**
 * A gap in a log: the hub no longer keeps some or all of the messages published after `since`. `topic` is
 * null for the inbox.
 */
export interface Gap {
  topic: string | null;
  since: string;
}

/** Takes the reply, or the error in its place. */
type Settle = (reply: ReplyFrame | undefined, error?: BelfryError) => void;

/** A request awaiting its reply. `text` is empty if the frame must not be sent again. */
interface Asked {
  text: string;
  settle: Settle;
}

/** The inbox store, as the client calls it. */
export interface InboxFollower {
  follower: Follower;
  connected(frame: ConnectedFrame): void;
  /** Hides the inbox: its token has ended or, if `isForGood`, its session, which clears it too. */
  hide(isForGood: boolean): void;
}

export interface Client extends TopicClient {
  /** Calls the listener at each change of `status`; returns a function that removes it. */
  onStatus(listener: Listener<Status>): () => void;
  /**
   * Calls the listener when messages can never be shown, since the hub no longer keeps them; returns a
   * function that removes it.
   */
  onGap(listener: Listener<Gap>): () => void;
  topic<Data = unknown>(name: string): Topic<Data>;
  /**
   * Connects at once or, if the connection is open, checks that it still works. Call it after a login and,
   * where there is no page (as in React Native), when the app comes to the front.
   */
  connect(): void;
  /** Closes the connection and rejects all unanswered requests. `connect` opens it again. */
  close(): void;
  /** Follows the inbox. A connection that was opened without it is reopened. */
  followInbox(inbox: InboxFollower): void;
  /** The hub's address and the newest token sent to it; undefined before the first line. */
  readonly credentials: Credentials | undefined;
  /** The requests awaiting a reply, by the id of their frame. */
  readonly requests: Map<unknown, Asked>;
}

/** A topic that was refused with a temporary error is requested again after this time. */
const RETRY_MS = 10_000;

/** A topic and its `since` as an address can carry them. The hub reports their other faults. */
const NAMED = /^[ -+\--}]{1,128}~[ -+\--}]{1,99}$/;

/** Most characters of encoded topics in an address. Cloudflare takes 16 KiB of address. */
const UNITS_MAX = 8_192;

/** Returns the hub's address in the form for transports; throws a TypeError if it cannot be one. */
function addressOf(url: string): string {
  const [, rest] = /^(?:http|ws)(s?:\/\/[^\s/?#][^\s?#]*?)\/*$/i.exec(url) ?? [];
  if (rest) return `http${rest}`;
  throw new TypeError(`"${url}" is no \`url\` such as https://hub.example.com`);
}

export function newClient(
  { url, token, transports = [websocket()] }: ClientOptions,
  environment: Environment,
): Client {
  const channels = new Map<string, Channel>();
  /** The messages of steps split over several frames, by topic, until the last one arrives. */
  const parts = new Map<string | undefined, MessagesFrame["messages"]>();
  const onStatus = new Set<Listener<Status>>();
  const onGap = new Set<Listener<Gap>>();
  /** The changes of status to deliver to the listeners; the first is being delivered. */
  const statuses: Status[] = [];
  /**
   * The requests awaiting a reply. They are sent again on the next connection: the hub treats a repeated
   * mark, follow or publish with an id as one.
   */
  const requests: Client["requests"] = new Map();
  let lastId = 0;
  let inbox: InboxFollower | undefined;

  const connection = createConnection({
    url: addressOf(url),
    token,
    transports,
    environment,
    offer(topicsMax) {
      parts.clear();
      const topics: [string, string][] = [];
      let units = 0;
      for (const [topic, channel] of channels)
        channel.offer((since) => {
          units += encodeURIComponent(`${topic}~${since},`).length;
          return units < UNITS_MAX && topics.length < topicsMax && topics.push([topic, since]);
        });
      return { since: inbox ? inbox.follower.since : "latest", topics };
    },
    connected,
    take,
    ended: () => inbox?.hide(false),
    changed(status) {
      abandon();
      // A listener may cause the next change: the queue keeps the changes in order.
      if (statuses.push(status) > 1) return;
      for (; statuses[0]; statuses.shift()) tell(onStatus, statuses[0]);
    },
  });

  const isOpen = () => connection.status.state === "open";

  /** Once the connection is closed, hides the inbox and rejects the requests. */
  function abandon() {
    const { status } = connection;
    if (status.state !== "closed") return;
    parts.clear();
    inbox?.hide(true);
    for (const [id, { text, settle }] of requests) {
      requests.delete(id);
      if (text) settle(undefined, new BelfryError(status.reason.code, status.reason.message));
    }
  }

  /**
   * Sends a request, now or on the next connection. A subscription is not repeated: its channel makes a new
   * request on the next line, with a cursor that may have moved.
   */
  function ask(type: string, members: object, settle: Settle, isRepeated = false) {
    lastId += 1;
    // Throws if the frame cannot be printed, before anything is kept.
    const text = printFrame(type, lastId, members);
    requests.set(lastId, { text: isRepeated ? text : "", settle });
    if (isOpen()) connection.send(text);
    else use();
  }

  function use() {
    if (connection.status.state === "idle") connection.connect();
    abandon();
  }

  function connected(frame: ConnectedFrame) {
    // Before any listener is called, since a listener's own requests are sent at once.
    for (const [id, { text }] of requests)
      if (text) connection.send(text);
      else requests.delete(id);
    if (inbox) {
      const { follower } = inbox;
      if (!frame.recovered) tell(onGap, { topic: null, since: follower.since as string });
      follower.begin(frame);
      inbox.connected(frame);
    }
    for (const channel of channels.values()) channel.join();
  }

  function take(frame: DownFrame) {
    if (frame.type === "messages") takePart(frame);
    else if ("id" in frame) {
      const error =
        frame.type === "error"
          ? new BelfryError(frame.code, `${frame.message}: ${frame.fix}`, frame.temporary)
          : undefined;
      const request = requests.get(frame.id);
      requests.delete(frame.id);
      // Without a request, the frame concerns a topic that the connect named, or a subscription that has ended.
      if (request) request.settle(frame as ReplyFrame, error);
      else channels.get(frame.topic as string)?.joined(frame as unknown as Start, error);
    }
  }

  function takePart(frame: MessagesFrame) {
    const { topic, more } = frame;
    const messages = [...(parts.get(topic) ?? []), ...frame.messages];
    parts.set(topic, more ? messages : []);
    if (more) return;
    const step = { ...frame, messages };
    if (topic) channels.get(topic)?.take(step);
    else if (inbox?.follower.take(step) === false) connection.lose(1006, "step_missing");
  }

  function newChannel(topic: string): Channel {
    const channel = createChannel({
      isOpen,
      subscribe: (since) =>
        ask("subscribe", { topic, since }, (reply, error) =>
          channel.joined(reply as unknown as Start, error),
        ),
      unsubscribe() {
        channels.delete(topic);
        if (isOpen()) ask("unsubscribe", { topic }, () => undefined);
      },
      retry: () => environment.after(RETRY_MS, channel.join),
      gap: (since) => tell(onGap, { topic, since }),
    });
    channels.set(topic, channel);
    return channel;
  }

  const client: Client = {
    get status() {
      return connection.status;
    },
    onStatus: (listener) => listen(onStatus, listener),
    onGap: (listener) => listen(onGap, listener),
    topic: (name) => createTopic(client, `${name}`),
    connect: connection.connect,
    close: () => connection.end(1000, "closed"),
    request: (type, members) =>
      new Promise((resolve, reject) => {
        // A subscription belongs to a topic, which repeats it with a newer cursor and not as it was.
        if (/ibe$/.test(type)) throw new TypeError(`${type}: use client.topic`);
        ask(
          type,
          members,
          (reply, error) => (error ? reject(error) : resolve(reply as ReplyFrame)),
          true,
        );
      }),
    join(topic, subscriber) {
      const named = `${topic}~${subscriber.follower.since}`;
      if (!NAMED.test(named)) {
        const error = new BelfryError("bad_request", `${named} is not ${NAMED}`);
        return environment.after(0, () => subscriber.refused(error));
      }
      const channel = channels.get(topic) ?? newChannel(topic);
      channel.add(subscriber);
      use();
      return () => channel.remove(subscriber);
    },
    followInbox(follower) {
      inbox = follower;
      connection.reopen();
      use();
    },
    environment,
    get credentials() {
      return connection.credentials;
    },
    requests,
  };
  return client;
}
