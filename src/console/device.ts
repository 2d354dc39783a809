// One user's device: a real client of the SDK on a wire that can be broken, and what it has seen.

import type { Environment } from "../client/environment.ts";
import { inbox } from "../client/inbox.ts";
import { type Client, createClient } from "../client/index.ts";
import type { MessagesFrame } from "../protocol/down.ts";
import type { LogMessage } from "../protocol/message.ts";
import { mintToken, TOPIC, type User } from "./hub.ts";
import type { Direction } from "./wire.ts";
import { createWire, type Wire } from "./wire.ts";

/** What a connection brought that is not the first one. */
export interface Return {
  /** How long it was away. */
  awayMs: number;
  recovered: boolean;
  /** Ids of what was published meanwhile, in the frames that came since. */
  readonly missed: ReadonlySet<string>;
}

export interface DeviceEvents {
  frame(direction: Direction, text: string): void;
  /** Something of `seen` or the status has changed. */
  changed(): void;
  /** A message of an address, `user:ada` or `topic:news`, was in a frame; or it was missed, and came after. */
  arrived(address: string, id: string, isMissed: boolean): void;
  /** The app was told of a live message of the topic. */
  topicMessage(message: LogMessage): void;
}

export interface Seen {
  messages: number;
  frames: number;
  reconnects: number;
  twice: number;
  /** How long the last connect took. */
  connectMs: number;
  returned: Return | null;
}

export interface Device {
  readonly client: Client;
  readonly wire: Wire;
  readonly seen: Readonly<Seen>;
  /** Connects. From here on events come. */
  begin(): void;
  /** Begins and ends the subscription to the topic. */
  subscribe(isOn: boolean): void;
  expire(): Promise<void>;
}

const TOKEN_SECONDS = 3600;
/** Long enough to arrive, short enough to wait for. */
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
  /** What the app was told of, by where it came from. */
  const told = new Set<string>();
  let began = now();
  /** When the line was lost; null while there is one, or was none yet. */
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
    // What a follow brings into the inbox names its topic itself.
    for (const { id, time, topic: from = topic } of messages) {
      // The hub of `npm start` has the clock of this machine.
      const isMissed = Date.parse(time) < returnedAt;
      events.arrived(from === undefined ? `user:${user}` : `topic:${from}`, id, isMissed);
      if (snapshot) continue;
      seen.messages += 1;
      if (isMissed) missed.add(id);
    }
  }

  /** The app is told of each message once by the inbox and once by each topic. */
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
