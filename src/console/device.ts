// One user's device: a real SDK client on a connection that can be broken, and the counts of its traffic.

import type { Environment } from "../client/environment.ts";
import { inbox } from "../client/inbox.ts";
import { type Client, createClient } from "../client/index.ts";
import type { MessagesFrame } from "../protocol/down.ts";
import type { LogMessage } from "../protocol/message.ts";
import { mintToken, TOPIC, type User } from "./hub.ts";
import type { Direction } from "./wire.ts";
import { createWire, type Wire } from "./wire.ts";

/** The result of a reconnect. */
export interface Return {
  /** How long the client was away, in milliseconds. */
  awayMs: number;
  recovered: boolean;
  /** Ids of messages published while the client was away, added as frames bring them. */
  readonly missed: ReadonlySet<string>;
}

export interface DeviceEvents {
  frame(direction: Direction, text: string): void;
  /** Called after a change of `seen` or of the status. */
  changed(): void;
  /**
   * Called for each message in a frame, with its address, `user:ada` or `topic:news`. `isMissed` means that
   * it was published before the last reconnect.
   */
  arrived(address: string, id: string, isMissed: boolean): void;
  /** Called when the SDK delivers a message of the topic to the app. */
  topicMessage(message: LogMessage): void;
}

export interface Seen {
  messages: number;
  frames: number;
  reconnects: number;
  twice: number;
  /** How long the last connect took, in milliseconds. */
  connectMs: number;
  returned: Return | null;
}

export interface Device {
  readonly client: Client;
  readonly wire: Wire;
  readonly seen: Readonly<Seen>;
  /** Connects; no event is reported before. */
  begin(): void;
  /** Begins or ends the subscription to the topic. */
  subscribe(isOn: boolean): void;
  expire(): Promise<void>;
}

const TOKEN_SECONDS = 3600;
/** Long enough for the token to reach the hub, short enough for a user to wait for. */
export const ENDING_SECONDS = 4;

export function createDevice(
  user: User,
  environment: Pick<Environment, "now" | "after">,
  events: DeviceEvents,
): Device {
  const { now } = environment;
  const seen: Seen = {
    messages: 0,
    frames: 0,
    reconnects: 0,
    twice: 0,
    connectMs: 0,
    returned: null,
  };
  /** The messages delivered to the app, by source (the inbox or the topic) and id. */
  const told = new Set<string>();
  let began = now();
  /** The time of the loss; null while connected, and before the first connect. */
  let lostAt: number | null = null;
  let returnedAt = 0;
  let missed = new Set<string>();

  const wire = createWire(environment, {
    frame(direction, text, frame) {
      seen.frames += 1;
      if (frame?.type === "connected") connected(frame.recovered);
      if (frame?.type === "messages") took(frame);
      events.frame(direction, text);
      events.changed();
    },
  });
  const client = createClient({
    url: location.origin,
    token: () => mintToken(user, TOKEN_SECONDS),
    transports: [wire.transport],
  });

  function connected(recovered: boolean) {
    seen.connectMs = now() - began;
    if (lostAt === null) return;
    seen.reconnects += 1;
    returnedAt = now();
    missed = new Set();
    seen.returned = { awayMs: returnedAt - lostAt, recovered, missed };
    lostAt = null;
  }

  function took({ messages, snapshot, topic }: MessagesFrame) {
    // A message that a follow brings into the inbox has its own `topic`.
    for (const { id, time, topic: from = topic } of messages) {
      // The hub of `npm start` runs on this machine, so both share one clock.
      const isMissed = Date.parse(time) < returnedAt;
      events.arrived(from === undefined ? `user:${user}` : `topic:${from}`, id, isMissed);
      if (snapshot) continue;
      seen.messages += 1;
      if (isMissed) missed.add(id);
    }
  }

  /** Counts a delivery to the app: each source should deliver a message once. */
  function tell(from: string, id: string) {
    const key = `${from} ${id}`;
    if (told.has(key)) seen.twice += 1;
    told.add(key);
    events.changed();
  }

  let unsubscribe: () => void = () => undefined;
  return {
    client,
    wire,
    seen,
    begin() {
      client.onStatus(({ state }) => {
        if (state === "connecting") began = now();
        if (state === "waiting") lostAt ??= now();
        events.changed();
      });
      inbox(client).onMessage(({ id }) => tell("inbox", id));
    },
    subscribe(isOn) {
      unsubscribe();
      unsubscribe = () => undefined;
      if (!isOn) return;
      unsubscribe = client.topic(TOPIC).subscribe((message) => {
        tell(TOPIC, message.id);
        events.topicMessage(message);
      });
    },
    async expire() {
      wire.expire(await mintToken(user, ENDING_SECONDS), ENDING_SECONDS);
    },
  };
}
