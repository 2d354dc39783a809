// Tabs of one user that share a connection, in one process: Node has the same locks and channels. An
// EventTarget acts as the page, for example for the back-forward cache.

import { afterAll, afterEach, beforeAll, expect, inject, it, vi } from "vitest";
import { type Client, newClient } from "../../src/client/client.ts";
import { surroundings } from "../../src/client/environment.ts";
import { type Inbox, inbox } from "../../src/client/inbox.ts";
import { sharedTabs } from "../../src/client/tabs.ts";
import { websocket } from "../../src/client/websocket.ts";
import { startProxy, type TcpProxy } from "../examples/proxy.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { Shown, until, untilShown } from "./real-hub.ts";
import { Page } from "./simulation.ts";

let hub: Hub;
let proxy: TcpProxy;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  proxy = await startProxy();
  proxy.point(hub.url);
});
afterAll(async () => {
  proxy.stop();
  await hub.stop();
});

let names = 0;
const fresh = () => `tabs${names++}`;
const all: Client[] = [];
afterEach(() => {
  for (const client of all.splice(0)) client.close();
});

interface Tab {
  client: Client;
  page: Page;
  store: Inbox;
  shown: Shown<unknown>;
}

/** The tabs of a user, and the number of sockets that they have opened. */
function tabsOf(user: string, topic: string) {
  const sockets = { opened: 0 };
  const inner = websocket();
  const counted = {
    ...inner,
    open: (...given: Parameters<typeof inner.open>) => {
      sockets.opened += 1;
      return inner.open(...given);
    },
  };
  const token = () => tokenOf(user, { [`topic:${topic}`]: ["subscribe", "publish"] });
  const open = (): Tab => {
    const page = new Page();
    const environment = { ...surroundings(), random: () => Math.random() / 50, page };
    const transports = [sharedTabs(counted)];
    const client = newClient({ url: proxy.url, token, transports }, environment);
    all.push(client);
    const store = inbox(client);
    const shown = new Shown<unknown>();
    client.topic(topic).subscribe(({ data }) => shown.push(data), { since: "1h" });
    return { client, page, store, shown };
  };
  return { sockets, open };
}

const has = (count: number) => (now: { notifications: readonly unknown[] }) =>
  now.notifications.length === count;
const toUser = (user: string, data: unknown) =>
  call(hub.url, "POST", `/v1/users/${user}/notifications`, {
    notification: { title: "t" },
    data,
  });
const toTopic = (topic: string, data: unknown) =>
  call(hub.url, "POST", `/v1/topics/${topic}/messages`, { data });

it("three tabs have one socket, and each shows everything once", async () => {
  const [user, topic] = [fresh(), fresh()];
  await toUser(user, 1);
  await toTopic(topic, 1);
  const { sockets, open } = tabsOf(user, topic);
  const tabs = [open(), open(), open()];
  await Promise.all(tabs.map(({ store }) => untilShown(store, has(1))));
  await Promise.all(tabs.map(({ shown }) => shown.until(1)));
  await toUser(user, 2);
  await toTopic(topic, 2);
  await Promise.all(tabs.map(({ store }) => untilShown(store, has(2))));
  for (const { shown } of tabs) expect(await shown.until(2)).toEqual([1, 2]);
  expect(sockets.opened).toBe(1);
  expect(tabs.map(({ client }) => client.status)).toMatchObject(
    tabs.map(() => ({ state: "open", transport: "tabs" })),
  );
});

it("a tab that does not lead publishes and marks, and gets the hub's refusals", async () => {
  const [user, topic] = [fresh(), fresh()];
  await toUser(user, 1);
  const { open } = tabsOf(user, topic);
  const [one, two] = [open(), open()];
  await Promise.all([one, two].map(({ store }) => untilShown(store, has(1))));
  for (const { client, store } of [one, two]) {
    expect(await client.topic(topic).publish({ data: 1 })).toMatchObject({ duplicate: false });
    await expect(client.topic("other").publish({ data: 1 })).rejects.toMatchObject({
      code: "insufficient_scope",
    });
    await store.markRead(1);
    await store.markUnread(1);
  }
  await one.store.markAllRead();
  const read = ({ counts }: { counts: { unread: number } }) => counts.unread === 0;
  await Promise.all([one, two].map(({ store }) => untilShown(store, read)));
});

it("a tab that is opened later, or comes back, misses nothing", async () => {
  const [user, topic] = [fresh(), fresh()];
  const { sockets, open } = tabsOf(user, topic);
  const first = open();
  await until(first.client, "open");
  await toUser(user, 1);
  await toTopic(topic, 1);
  await untilShown(first.store, has(1));
  const second = open();
  await untilShown(second.store, has(1));
  await second.shown.until(1);
  second.page.is("pagehide");
  await until(second.client, "waiting");
  await toUser(user, 2);
  await toTopic(topic, 2);
  await first.store.markRead(1);
  second.page.is("pageshow");
  await untilShown(second.store, has(2));
  expect(await second.shown.until(2)).toEqual([1, 2]);
  expect(second.store.getSnapshot().counts).toEqual({ unread: 1, unseen: 1, total: 2 });
  expect(second.store.getSnapshot().notifications[1]?.read_at).toEqual(expect.any(String));
  expect(sockets.opened).toBe(1);
});

it.each(["pagehide", "freeze"])(
  "another tab leads when the leader is put aside (%s)",
  async (event) => {
    const [user, topic] = [fresh(), fresh()];
    const { sockets, open } = tabsOf(user, topic);
    const first = open();
    await until(first.client, "open");
    const others = [open(), open()];
    await Promise.all(others.map(({ store }) => untilShown(store, ({ isLoaded }) => isLoaded)));
    first.page.is(event);
    await toUser(user, 1);
    await toTopic(topic, 1);
    await Promise.all(others.map(({ store }) => untilShown(store, has(1))));
    await Promise.all(others.map(({ shown }) => shown.until(1)));
    expect(sockets.opened).toBe(2);
    first.page.is(event === "freeze" ? "resume" : "pageshow");
    await untilShown(first.store, has(1));
    await toTopic(topic, 2);
    for (const { shown } of [first, ...others]) expect(await shown.until(2)).toEqual([1, 2]);
    expect(sockets.opened).toBe(2);
  },
);

it("all tabs go on when the socket is lost", async () => {
  const [user, topic] = [fresh(), fresh()];
  const { open } = tabsOf(user, topic);
  const tabs = [open(), open(), open()];
  await Promise.all(tabs.map(({ store }) => untilShown(store, ({ isLoaded }) => isLoaded)));
  proxy.point(null);
  await toUser(user, 1);
  await toTopic(topic, 1);
  proxy.point(hub.url);
  await Promise.all(tabs.map(({ store }) => untilShown(store, has(1))));
  await toTopic(topic, 2);
  for (const { shown } of tabs) expect(await shown.until(2)).toEqual([1, 2]);
});

it("a topic stays subscribed while any tab wants it", async () => {
  const [user, topic] = [fresh(), fresh()];
  const { open } = tabsOf(user, topic);
  const first = open();
  await until(first.client, "open");
  const second = open();
  await untilShown(second.store, ({ isLoaded }) => isLoaded);
  const abort = new AbortController();
  const shown = new Shown<unknown>();
  const third = open();
  third.client.topic(topic).subscribe(({ data }) => shown.push(data), { signal: abort.signal });
  await toTopic(topic, 1);
  await Promise.all([first, second, third].map((tab) => tab.shown.until(1)));
  abort.abort();
  third.client.close();
  await toTopic(topic, 2);
  for (const tab of [first, second]) expect(await tab.shown.until(2)).toEqual([1, 2]);
});

it("an operator's disconnect ends every tab", async () => {
  const [user, topic] = [fresh(), fresh()];
  const { open } = tabsOf(user, topic);
  const tabs = [open(), open()];
  await Promise.all(tabs.map(({ store }) => untilShown(store, ({ isLoaded }) => isLoaded)));
  await call(hub.url, "DELETE", `/v1/users/${user}/connections`, {});
  const ends = await Promise.all(tabs.map(({ client }) => until(client, "closed")));
  expect(ends.map(({ reason }) => reason)).toMatchObject(
    Array(2).fill({ close: 4503, message: "disconnected by the operator" }),
  );
});

it("tabs of different users share nothing", async () => {
  const topic = fresh();
  const [ada, grace] = [tabsOf(fresh(), topic), tabsOf(fresh(), topic)];
  await Promise.all([ada, grace].map(({ open }) => until(open().client, "open")));
  expect([ada.sockets.opened, grace.sockets.opened]).toEqual([1, 1]);
});

it("tabs with an invalid token get the hub's refusal", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const clients = ["nope", "a.b.c"].map((token) =>
    newClient({ url: proxy.url, token, transports: [sharedTabs()] }, surroundings()),
  );
  for (const client of clients) {
    all.push(client);
    client.connect();
    expect(await until(client, "closed")).toMatchObject({ reason: { close: 4500 } });
  }
  expect(warn).toHaveBeenCalledTimes(2);
  warn.mockRestore();
});
