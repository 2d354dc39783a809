// One user's client: it hands the frames of the one connection to whom they concern.

import type { ConnectedFrame, DownFrame, MessagesFrame, ReplyFrame } from "../protocol/down.ts";
import { type Channel, createChannel } from "./channel.ts";
import { createConnection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { BelfryError } from "./error.ts";
import type { Beginning, Follower } from "./follower.ts";
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

/** Takes the reply, or why there is none. */
type Settle = (reply: ReplyFrame | undefined, error?: BelfryError) => void;

/** A frame that is not answered. The text is empty where it is not to be repeated. */
interface Asked {
  text: string;
  settle: Settle;
}

/** The inbox, where a store keeps it. */
export interface InboxFollower {
  follower: Follower;
  connected(frame: ConnectedFrame): void;
  /** The token has ended; or the session, and with it all that was known of the inbox. */
  hide(isForGood: boolean): void;
}

export interface Client extends TopicClient {
  /** Tells of each change of `status`; gives the function that ends it. */
  onStatus(listener: Listener<Status>): () => void;
  /** Tells of messages that can never be shown, since the hub does not keep them any more. */
  onGap(listener: Listener<Gap>): () => void;
  topic<Data = unknown>(name: string): Topic<Data>;
  /** Connects at once, or makes sure that it is connected: after a login, or where there is no page. */
  connect(): void;
  /** Ends it, and with it all requests that are not answered. `connect` begins it again. */
  close(): void;
  /** Follows the inbox. A connection that was opened without it is opened anew. */
  followInbox(inbox: InboxFollower): void;
  /** What the newest line was opened with. */
  readonly credentials: Credentials | undefined;
  /** What is not answered, by the id of its frame. */
  readonly requests: Map<unknown, Asked>;
}

/** After a refusal that may pass, a topic is asked for again in this time. */
const RETRY_MS = 10_000;

/** A topic and its `since` as a connect can carry them. The hub says of each what else is wrong with it. */
const NAMED = /^[ -+\--}]{1,128}~[ -+\--}]{1,99}$/;

/** Of the topics that the address of a connect names. Cloudflare takes 16 KiB of address. */
const UNITS_MAX = 8_192;

/** The hub's address as transports take it; throws where it can be none. */
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
  /** Of steps that came in several frames, by topic: what came before the last one. */
  const parts = new Map<string | undefined, MessagesFrame["messages"]>();
  const onStatus = new Set<Listener<Status>>();
  const onGap = new Set<Listener<Gap>>();
  /** What is to be told, the first of them just now. */
  const statuses: Status[] = [];
  /**
   * What is not answered. It is sent again on the next connection: to the hub a mark, a follow, and a
   * publish with an id are the same when they come twice.
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
      // In order, where a listener leads to the next.
      if (statuses.push(status) > 1) return;
      for (; statuses[0]; statuses.shift()) tell(onStatus, statuses[0]);
    },
  });

  const isOpen = () => connection.status.state === "open";

  /** Once it is closed nothing is shown and nothing answered any more. */
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

  /** A subscription is its channel's: on the next line that asks anew, with a cursor that may have moved. */
  function ask(type: string, members: object, settle: Settle, isRepeated = false) {
    lastId += 1;
    // Throws what is wrong with it, before anything is kept.
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
    // Before anyone is told, since what a listener asks for is sent at once.
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
      // Without a request it is about a topic that the connect named, or that has ended.
      if (request) request.settle(frame as ReplyFrame, error);
      else channels.get(frame.topic as string)?.joined(frame as unknown as Beginning, error);
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
          channel.joined(reply as unknown as Beginning, error),
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
        // A subscription is a topic's: its frames are sent again with another cursor, and not as they were.
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
