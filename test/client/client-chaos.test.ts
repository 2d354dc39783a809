// 10,000 random steps between clients and a real hub, over a proxy that causes faults. Time runs a
// hundred times as fast for the clients, so that their waits and heartbeats take part.

import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { type Client, newClient } from "../../src/client/client.ts";
import { type Inbox, inbox } from "../../src/client/inbox.ts";
import { websocket } from "../../src/client/websocket.ts";
import type { Counts } from "../../src/protocol/message.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";
import { ChaosProxy, FAULTS, fast } from "./chaos.ts";
import { untilShown } from "./real-hub.ts";
import { seeded } from "./simulation.ts";

const STEPS = 10_000;
const CLIENTS = 4;
const USER = "chaos";
const TOPICS = ["red", "blue"];
const SEED = Number(process.env.SEED ?? 1);

let hub: Hub;
let proxy: ChaosProxy;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  proxy = await ChaosProxy.start(hub.url);
});
afterAll(async () => {
  proxy.stop();
  await hub.stop();
});

/**
 * The data of messages that were deleted, or archived and pushed out: a client that has not seen one
 * never gets it, and that is no gap.
 */
const goesSoon = new Set<unknown>();

/** The messages of one log at one client: numbers that rise by one, except after a reported gap. */
class Run {
  readonly faults: string[] = [];
  readonly #name: string;
  #last = 0;
  #mayJump = false;
  count = 0;
  onTake: () => void = () => undefined;

  constructor(name: string) {
    this.#name = name;
  }

  gap(): void {
    this.#mayJump = true;
  }

  take(data: unknown): void {
    const next = data as number;
    let expected = this.#last + 1;
    while (this.#name.startsWith(USER) && goesSoon.has(expected) && expected < next) expected += 1;
    const isNext = next === expected || (this.#mayJump && next > this.#last);
    if (!isNext) this.faults.push(`${this.#name}: ${next} after ${this.#last}`);
    this.#last = next;
    this.#mayJump = false;
    this.count += 1;
    this.onTake();
  }

  get last(): number {
    return this.#last;
  }
}

interface Device {
  client: Client;
  store: Inbox;
  runs: Map<string, Run>;
}

/** The counts that a device has shown, by its cursor at that time. */
type Shown = Map<string, string>;
const countsText = ({ unread, unseen, total }: Counts) => `${unread} ${unseen} ${total}`;

async function deviceOf(index: number, faults: string[], shown: Shown[]): Promise<Device> {
  const caps = { "topic:*": ["subscribe"] as "subscribe"[] };
  const token = () => tokenOf(USER, caps);
  const options = { url: proxy.url, token, transports: [websocket()] };
  const client = newClient(options, fast(seeded(SEED * 100 + index)));
  const store = inbox(client);
  const runs = new Map([...TOPICS, USER].map((log) => [log, new Run(`${log} at ${index}`)]));
  client.onGap(({ topic }) => runs.get(topic ?? USER)?.gap());
  for (const topic of TOPICS)
    client.topic(topic).subscribe(({ data }) => runs.get(topic)?.take(data));
  store.onMessage(({ data }) => runs.get(USER)?.take(data));
  const mine: Shown = new Map();
  shown.push(mine);
  store.subscribe(({ cursor, counts }) => {
    const text = countsText(counts);
    const before = mine.get(cursor ?? "");
    if (before !== undefined && before !== text) faults.push(`${cursor}: ${before}, then ${text}`);
    mine.set(cursor ?? "", text);
  });
  await settledAt(client, store);
  return { client, store, runs };
}

/** Resolves when everything is subscribed to, before the first message is published. */
async function settledAt(client: Client, store: Inbox): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = store.subscribe(({ isLoaded }) => {
      if (isLoaded) resolve(end());
    });
  });
  // The hub answers in order: before this reply it has answered the topics.
  await client.request("history", { limit: 1 });
}

/** A device without faults in between, which records the counts at each offset. */
async function witness(): Promise<{ counts: Map<string, string>; socket: TestSocket }> {
  const counts = new Map<string, string>();
  const socket = new TestSocket(hub.url, "/v1/connect", { headers: bearer(await tokenOf(USER)) });
  socket.ws.on("message", (data) => {
    const frame = JSON.parse(String(data));
    if (frame.counts && frame.to !== undefined)
      counts.set(`${frame.epoch}:${frame.to}`, countsText(frame.counts));
  });
  await socket.messages();
  return { counts, socket };
}

it("shows everything once and in order, or reports a gap, and never a wrong count", {
  timeout: 120_000,
}, async () => {
  const random = seeded(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const faults: string[] = [];
  const shown: Shown[] = [];
  const truth = await witness();
  const devices: Device[] = [];
  for (let i = 0; i < CLIENTS; i++) devices.push(await deviceOf(i, faults, shown));

  const published = new Map([...TOPICS, USER].map((log) => [log, 0]));
  const pending = new Map<string, object[]>();
  const add = (log: string) => {
    const data = (published.get(log) ?? 0) + 1;
    published.set(log, data);
    pending.set(log, [...(pending.get(log) ?? []), { data }]);
  };
  const flush = async () => {
    const calls = [...pending].map(([log, messages]) => {
      const kind = log === USER ? `users/${log}/notifications` : `topics/${log}/messages`;
      return call(hub.url, "POST", `/v1/${kind}`, messages);
    });
    pending.clear();
    for (const { json } of await Promise.all(calls)) expect(json.failed).toBe(0);
  };

  const marks: Promise<void>[] = [];
  const startedAt = Date.now();
  for (let step = 1; step <= STEPS; step++) {
    const chance = random();
    if (chance < 0.6) add(pick([...TOPICS, USER]));
    else if (chance < 0.68) proxy.fault(pick(FAULTS), random());
    else if (chance < 0.7) proxy.release();
    else if (chance < 0.72) {
      const { store } = pick(devices);
      const { notifications } = store.getSnapshot();
      const some = notifications.slice(0, 3).map(({ offset }) => offset as number);
      const [newest] = notifications;
      const goes = () => [goesSoon.add(newest?.data) && some[0]] as number[];
      const mark = pick([
        () => store.markRead(some),
        () => store.markUnread(some),
        () => store.markAllSeen(),
        () => store.markAllRead(),
        () => store.archive(goes()),
        () => store.delete(goes()),
      ]);
      // The hub refuses a mark above its limit of frames in a second: one more fault among the others.
      if (newest) marks.push(mark().catch(() => undefined));
    }
    if (step % 8 === 0) await flush();
  }
  const tookMs = Date.now() - startedAt;

  // One more message in each log: it reveals that the last step was lost.
  proxy.calm();
  for (const log of published.keys()) add(log);
  await flush();
  const isDone = () =>
    devices.every(({ runs }) => [...runs].every(([log, run]) => run.last === published.get(log)));
  await new Promise<void>((resolve) => {
    const look = () => {
      if (isDone()) resolve();
    };
    for (const { runs } of devices) for (const run of runs.values()) run.onTake = look;
    look();
  });

  expect(devices.flatMap(({ runs }) => [...runs.values()].flatMap((run) => run.faults))).toEqual(
    [],
  );
  expect(faults).toEqual([]);
  const wrong = shown.flatMap((mine) =>
    [...mine].filter(([cursor, text]) => (truth.counts.get(cursor) ?? text) !== text),
  );
  expect(wrong).toEqual([]);
  const told = shown.map(
    (mine) => [...mine.keys()].filter((cursor) => truth.counts.has(cursor)).length,
  );
  expect(Math.min(...told)).toBeGreaterThan(100);

  // After the last mark nothing changes any more, and every device reaches the hub's cursor.
  await Promise.all(marks);
  const all = (await call(hub.url, "GET", `/v1/users/${USER}/notifications`)).json;
  for (const { store } of devices) await untilShown(store, ({ cursor }) => cursor === all.cursor);
  for (const { store } of devices) {
    const { counts, notifications } = store.getSnapshot();
    const newest = notifications.slice(0, 50);
    expect(counts).toEqual(all.counts);
    expect(newest).toEqual(all.notifications.slice(0, newest.length));
  }
  for (const { client } of devices) client.close();
  truth.socket.drop();
  const counted = devices.map(({ runs }) => [...runs.values()].map(({ count }) => count));
  console.log(
    JSON.stringify({
      seed: SEED,
      tookMs,
      connections: proxy.connections,
      counted,
      published: [...published.values()],
    }),
  );
});
