// Tabs that share a line to a scripted hub: cases between two messages of the tabs, which a test must
// force. Tabs with a real hub are in tabs.test.ts.

import { afterEach, expect, it, vi } from "vitest";
import { type Client, newClient } from "../../src/client/client.ts";
import { type Environment, surroundings } from "../../src/client/environment.ts";
import { sharedTabs } from "../../src/client/tabs.ts";
import { tokenOf } from "../support/backend.ts";
import { Shown, until } from "./real-hub.ts";
import { Clock, FakeHub, type FakeLine, messageAt, settled, step } from "./simulation.ts";

const URL = "https://tabs.test";
const all: Client[] = [];
afterEach(() => {
  for (const client of all.splice(0)) client.close();
});

/** A channel of a page that may hang: messages that arrive meanwhile are handled when the page goes on. */
class HangingChannel extends BroadcastChannel {
  static readonly all: HangingChannel[] = [];
  isHanging = false;
  readonly #waiting: MessageEvent[] = [];
  #take: (event: MessageEvent) => void = () => undefined;

  constructor(name: string) {
    super(name);
    HangingChannel.all.push(this);
    super.onmessage = (event) => {
      if (this.isHanging) this.#waiting.push(event as MessageEvent);
      else this.#take(event as MessageEvent);
    };
  }

  override set onmessage(take: (event: MessageEvent) => void) {
    this.#take = take;
  }

  goOn(): void {
    this.isHanging = false;
    for (const event of this.#waiting.splice(0)) this.#take(event);
  }
}

let users = 0;
/** The tabs of a new user, and the hub that they reach. */
function tabs() {
  const user = `ada${users++}`;
  const hub = new FakeHub();
  const lines = new Shown<FakeLine>();
  const open = hub.open.bind(hub);
  hub.open = (offer, events) => {
    const line = open(offer, events);
    lines.push(hub.line);
    return line;
  };
  const tab = (environment: Environment = { ...surroundings(), random: () => 0.02 }) => {
    const options = { url: URL, token: () => tokenOf(user), transports: [sharedTabs(hub)] };
    const client = newClient(options, environment);
    all.push(client);
    return client;
  };
  const leader = async (environment?: Environment) => {
    const client = tab(environment);
    client.connect();
    (await lines.until(1))[0]?.connected();
    return { client, line: hub.line };
  };
  const follower = async () => {
    const client = tab();
    client.connect();
    await until(client, "open");
    return client;
  };
  return { user, hub, lines, tab, leader, follower };
}

it("one transport for two users: the first goes on until it is closed, and then shows nothing", async () => {
  const [ada, bob] = [`ada${users++}`, `bob${users++}`];
  const hub = new FakeHub();
  const transports = [sharedTabs(hub)];
  const clientOf = async (user: string) => {
    const client = newClient({ url: URL, token: () => tokenOf(user), transports }, surroundings());
    all.push(client);
    client.connect();
    const { length } = hub.lines;
    while (hub.lines.length === length) await settled();
    hub.line.connected({ connection: user });
    return client;
  };
  const first = await clientOf(ada);
  const { line } = hub;
  const second = await clientOf(bob);
  const heard: unknown[] = [];
  first.topic("news").subscribe(({ data }) => heard.push(data));
  line.reply("subscribe", { topic: "news", epoch: "e", offset: 0, recovered: true, oldest: 0 });
  line.say(step(0, 1, { topic: "news" }));
  expect(heard).toEqual([1]);
  first.close();
  expect([first.status.state, line.isClosed]).toEqual(["closed", true]);
  expect([second.status.state, hub.line.isClosed]).toEqual(["open", false]);
});

it("a following tab is open only while the leader is", async () => {
  const { lines, leader, follower } = tabs();
  const { line } = await leader();
  const client = await follower();
  line.events.lost(1006, "");
  await until(client, "connecting");
  const again = until(client, "open");
  (await lines.until(2))[1]?.connected({ connection: "c_2" });
  expect(await again).toMatchObject({ connection: "c_2" });
});

it("a waiting tab that becomes the leader opens no line before it connects", async () => {
  const { user, hub, tab } = tabs();
  const name = `belfry2 ${URL} ${user}`;
  const clock = new Clock();
  let give: () => void = () => undefined;
  // Another tab leads, and has no line.
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => channel.postMessage({ say: "here", to: data.from, from: "it" });
  await new Promise<void>((taken) => {
    const held = () =>
      new Promise<void>((given) => {
        give = given;
        taken();
      });
    navigator.locks.request(name, held);
  });
  const { now, after } = { now: () => clock.now, after: clock.after };
  const client = tab({ ...surroundings(), now, after, random: () => 0.5 });
  const isPending = async () =>
    (await navigator.locks.query()).pending?.some((lock) => lock.name === name);
  client.connect();
  while (!(await isPending())) await settled();
  await clock.pass(15_000);
  expect(client.status.state).toBe("waiting");
  channel.close();
  give();
  while (await isPending()) await settled();
  await settled();
  expect(hub.lines.length).toBe(0);
  while (client.status.state === "waiting") await clock.pass(1_000);
  while (hub.lines.length === 0) await settled();
  expect(hub.lines.map(({ isClosed }) => isClosed)).toEqual([false]);
});

it("an unsubscribe for a tab that left does not answer for the leader", async () => {
  const { leader, follower } = tabs();
  const { client, line } = await leader();
  const leaving = await follower();
  leaving.topic("news").subscribe(() => undefined);
  while (line.sent.length === 0) await settled();
  leaving.close();
  while (line.sent.length === 1) await settled();
  const gaps: unknown[] = [];
  const shown: unknown[] = [];
  client.onGap((gap) => gaps.push(gap));
  client.topic("news").subscribe(({ data }) => shown.push(data));
  line.reply("unsubscribe", { topic: "news", changed: true });
  line.reply("subscribe", { topic: "news", epoch: "e", offset: 0, recovered: true, oldest: 0 });
  line.say(step(0, 1, { topic: "news" }));
  expect([gaps, shown]).toEqual([[], [1]]);
});

it("[CUR9] a tab that begins between the parts of a step does not take the last part for all", async () => {
  const { leader, tab } = tabs();
  const { line } = await leader();
  const news = { topic: "news" };
  line.say(step(1, 3, { ...news, messages: [messageAt(2)], more: true }));
  const client = tab();
  const shown = new Shown<unknown>();
  client.topic("news").subscribe(({ data }) => shown.push(data), { since: "e:1" });
  await until(client, "open");
  line.say(step(1, 3, { ...news, messages: [messageAt(3)] }));
  expect(await shown.until(2)).toEqual([2, 3]);
});

it("a tab whose leader hangs opens its own line, and nothing is doubled when the leader goes on", async () => {
  vi.stubGlobal("BroadcastChannel", HangingChannel);
  const { hub, lines, leader, tab } = tabs();
  const clock = new Clock();
  const { client: first, line } = await leader({ ...surroundings(), now: () => clock.now });
  const [channel] = HangingChannel.all.splice(0);
  if (channel === undefined) throw new Error("no channel");
  const second = tab({
    ...surroundings(),
    now: () => clock.now,
    after: clock.after,
    random: () => 0.5,
  });
  vi.unstubAllGlobals();
  const [mine, theirs] = [new Shown<unknown>(), new Shown<unknown>()];
  const news = { topic: "news", epoch: "e", oldest: 0 };
  first.topic("news").subscribe(({ data }) => theirs.push(data));
  line.reply("subscribe", { ...news, offset: 0, recovered: true });
  second.topic("news").subscribe(({ data }) => mine.push(data));
  await until(second, "open");
  while (line.sent.length < 2) await settled();
  line.reply("subscribe", { ...news, offset: 0, recovered: true });
  line.say(step(0, 1, news));
  await mine.until(1);

  channel.isHanging = true;
  const marked = second.request("read", { epoch: "e", offsets: [1] });
  second.connect();
  // Its ping is overdue, it comes back, and no leader answers.
  await clock.until(() => lines.all.length === 2);
  const own = hub.line;
  expect(second.status.state).toBe("connecting");
  own.connected({ connection: "c_2" });
  expect(own.offer.topics).toEqual([]);
  expect(own.sent).toMatchObject([{ type: "read" }, { type: "subscribe", since: "e:1" }]);
  own.reply("read", { changed: true, epoch: "e", offset: 2 });
  await marked;
  own.reply("subscribe", { ...news, offset: 1, recovered: true });
  own.say(step(1, 2, news), step(2, 2, { ...news, messages: [messageAt(null, { data: "live" })] }));
  expect(await mine.until(3)).toEqual([1, 2, "live"]);

  // The old leader goes on: its line delivers the same, and its channel still holds the finished mark.
  const before = line.sent.length;
  channel.goOn();
  line.say(
    step(1, 2, news),
    step(2, 2, { ...news, messages: [messageAt(null, { data: "live" })] }),
  );
  own.say(step(2, 3, news));
  line.say(step(2, 3, news));
  expect(await theirs.until(4)).toEqual([1, 2, "live", 3]);
  expect(await mine.until(4)).toEqual([1, 2, "live", 3]);
  // The leader answers a third tab only after it has handled the earlier messages.
  const third = tab();
  third.connect();
  await until(third, "open");
  expect(line.sent.slice(before).filter(({ type }) => type !== "unsubscribe")).toEqual([]);
  expect(mine.all).toEqual([1, 2, "live", 3]);
  expect([second.status.state, own.isClosed, line.isClosed]).toEqual(["open", false, false]);
});

it("a request that reaches a leader late is sent again by its tab, once", async () => {
  const { leader, tab } = tabs();
  const { line } = await leader();
  const clock = new Clock();
  clock.now = Date.now() - 6_000;
  const client = tab({ ...surroundings(), now: () => clock.now });
  client.connect();
  await until(client, "open");
  const followed = client.request("follow", { topic: "news" });
  clock.now = Date.now();
  await until(client, "connecting");
  await until(client, "open");
  while (line.sent.length === 0) await settled();
  expect(line.sent).toMatchObject([{ type: "follow" }]);
  line.reply("follow", { topic: "news", changed: true });
  await followed;
});
