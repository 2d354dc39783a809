// The simulated surroundings of a client: a clock that jumps from timer to timer, seeded randomness,
// a page, and a hub that follows a script. To extend: add the frames of your test's hub to FakeHub.

import { type Client, newClient } from "../../src/client/client.ts";
import type { Environment } from "../../src/client/environment.ts";
import type { TokenSource } from "../../src/client/token.ts";
import type { Line, LineEvents, Offer, Transport } from "../../src/client/transport.ts";
import type { ConnectedFrame, DownFrame, MessagesFrame } from "../../src/protocol/down.ts";

interface Timer {
  at: number;
  act: () => void;
}

/** A clock that moves only when a test moves it. */
export class Clock {
  now = 1_000_000;
  readonly #timers = new Set<Timer>();

  readonly after = (ms: number, act: () => void) => {
    const timer = { at: this.now + ms, act };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass. Each timer fires when it is due, and its follow-up work runs before the next. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await settled();
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.now = Math.max(this.now, next.at);
      this.#timers.delete(next);
      next.act();
      await settled();
    }
    this.now = end;
  }

  /** Lets time pass until the condition holds, for at most a minute. */
  async until(isSo: () => boolean): Promise<void> {
    const end = this.now + 60_000;
    await settled();
    while (!isSo()) {
      const next = Math.min(...[...this.#timers].map(({ at }) => at));
      if (next > end) throw new Error("a minute has passed in vain");
      await this.pass(Math.max(0, next - this.now));
    }
  }

  /** Lets the machine sleep: time passes, and no timer fires until it wakes. */
  sleep(ms: number): void {
    this.now += ms;
  }
}

/** Resolves when all promises that can go on have done so. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Randomness that is the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A window, with the parts that the client uses. */
export class Page extends EventTarget {
  hidden = false;

  is(...types: string[]): void {
    for (const type of types) this.dispatchEvent(new Event(type));
  }
}

/** A frame to the hub, read from its text. */
export type UpFrame = { type: string; id: number | string } & Record<string, unknown>;

/** One line that a client has opened. */
export class FakeLine implements Line {
  readonly offer: Offer;
  readonly sent: UpFrame[] = [];
  readonly events: LineEvents;
  pings = 0;
  isClosed = false;

  constructor(offer: Offer, events: LineEvents) {
    this.offer = offer;
    this.events = events;
  }

  send(text: string): void {
    if (text === "ping") this.pings += 1;
    else this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  /** Sends frames from the hub to the client. */
  say(...frames: DownFrame[]): void {
    for (const frame of frames) this.events.frame(frame);
  }

  connected(members: Partial<ConnectedFrame> = {}): void {
    this.say(connectedFrame(members));
  }

  /** Answers the newest frame of this type. */
  reply(type: string, members: Record<string, unknown> = {}): void {
    this.say({ type: "reply", id: this.asked(type).id, ...members });
  }

  refuse(type: string, code: string, temporary = false): void {
    const error = { code, message: "No", fix: "do not", temporary };
    this.say({ type: "error", id: this.asked(type).id, ...error });
  }

  /** Returns the newest frame of this type; throws if the client has sent none. */
  asked(type: string): UpFrame {
    const found = this.sent.findLast((frame) => frame.type === type);
    if (found === undefined) throw new Error(`the client did not send ${type}`);
    return found;
  }
}

export function connectedFrame(members: Partial<ConnectedFrame> = {}): ConnectedFrame {
  return {
    type: "connected",
    connection: "c_1",
    epoch: "e",
    offset: 0,
    recovered: true,
    oldest: 0,
    counts: { unread: 0, unseen: 0, total: 0 },
    expires_in: 3_600,
    ping: 30,
    reconnect_spread: 5,
    ...members,
  };
}

/** A step of a log, with a message at each new offset. */
export function step(
  since: number | null,
  to: number,
  members: Partial<MessagesFrame> = {},
): MessagesFrame {
  const offsets = Array.from({ length: to - (since ?? 0) }, (_, i) => (since ?? 0) + i + 1);
  return {
    type: "messages",
    epoch: "e",
    since,
    to,
    messages: offsets.map((offset) => messageAt(offset)),
    ...(since === null ? { snapshot: true as const } : {}),
    ...members,
  };
}

export function messageAt(offset: number | null, members: Record<string, unknown> = {}) {
  const time = new Date(0).toISOString();
  const state = { seen_at: null, read_at: null, archived_at: null };
  return { id: `m${offset}`, offset, time, source: "test", data: offset, ...state, ...members };
}

/** A hub that a test scripts. */
export class FakeHub implements Transport {
  readonly name: string;
  topicsMax = 100;
  left = 0;
  readonly lines: FakeLine[] = [];

  constructor(name = "fake") {
    this.name = name;
  }

  open(offer: Offer, events: LineEvents): Line {
    const line = new FakeLine(offer, events);
    this.lines.push(line);
    return line;
  }

  leave(): void {
    this.left += 1;
  }

  /** The line that was opened last. */
  get line(): FakeLine {
    const line = this.lines.at(-1);
    if (line === undefined) throw new Error("the client has not opened a line");
    return line;
  }
}

export interface Simulated {
  client: Client;
  clock: Clock;
  page: Page;
  hub: FakeHub;
}

/** A client in simulated surroundings. */
export function simulate(
  token: TokenSource = () => "token",
  { seed = 1, transports }: { seed?: number; transports?: FakeHub[] } = {},
): Simulated {
  const clock = new Clock();
  const page = new Page();
  const hub = transports?.[0] ?? new FakeHub();
  const environment: Environment = {
    now: () => clock.now,
    after: clock.after,
    random: seeded(seed),
    page,
  };
  const options = { url: "https://hub.test/", token, transports: transports ?? [hub] };
  return { client: newClient(options, environment), clock, page, hub };
}

/** Connects a client: the hub answers with `connected`. Returns the open line. */
export async function connect(
  simulated: Simulated,
  members: Partial<ConnectedFrame> = {},
): Promise<FakeLine> {
  simulated.client.connect();
  await settled();
  const { line } = simulated.hub;
  line.connected(members);
  return line;
}
