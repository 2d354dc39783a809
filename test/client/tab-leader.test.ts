// Tabs that share a line to a hub that is a transcript: what a test can make happen between two words
// of theirs. Tabs of a real hub are in tabs.test.ts.

import { afterEach, expect, it } from "vitest";
import { type Client, newClient } from "../../src/client/client.ts";
import { surroundings } from "../../src/client/environment.ts";
import { sharedTabs } from "../../src/client/tabs.ts";
import { tokenOf } from "../support/backend.ts";
import { Shown, until } from "./live.ts";
import { Clock, FakeHub, type FakeLine, messageAt, settled, step } from "./simulation.ts";

const URL = "https://tabs.test";
const all: Client[] = [];
afterEach(() => {
  for (const client of all.splice(0)) client.close();
});

let users = 0;
/** The tabs of another user, and the hub that they reach. */
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
  const tab = (environment = { ...surroundings(), random: () => 0.02 }) => {
    const options = { url: URL, token: () => tokenOf(user), transports: [sharedTabs(hub)] };
    const client = newClient(options, environment);
    all.push(client);
    return client;
  };
  const leader = async () => {
    const client = tab();
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

it("a tab that follows is open only while the leader is", async () => {
  const { lines, leader, follower } = tabs();
  const { line } = await leader();
  const client = await follower();
  line.events.lost(1006, "");
  await until(client, "connecting");
  const again = until(client, "open");
  (await lines.until(2))[1]?.connected({ connection: "c_2" });
  expect(await again).toMatchObject({ connection: "c_2" });
});

it("a tab whose turn comes while it waits opens no line before it connects", async () => {
  const { user, hub, tab } = tabs();
  const name = `belfry ${URL} ${user}`;
  const clock = new Clock();
  let give: () => void = () => undefined;
  // Another tab leads, and says nothing.
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
  give();
  while (await isPending()) await settled();
  await settled();
  expect(hub.lines.length).toBe(0);
  while (client.status.state === "waiting") await clock.pass(1_000);
  while (hub.lines.length === 0) await settled();
  expect(hub.lines.map(({ isClosed }) => isClosed)).toEqual([false]);
});

it("what is given up for a tab that left does not answer for the leader", async () => {
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

it("[CUR9] a tab that begins between the parts of a step does not take the last for all", async () => {
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
