// Two users of one hub on one page, over each transport: the events that end one session, and the inbox
// shown after it.

import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { type Client, newClient } from "../../src/client/client.ts";
import { surroundings } from "../../src/client/environment.ts";
import { inbox } from "../../src/client/inbox.ts";
import { sse } from "../../src/client/sse.ts";
import { sharedTabs } from "../../src/client/tabs.ts";
import type { TokenReason } from "../../src/client/token.ts";
import { websocket } from "../../src/client/websocket.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { Shown, until, untilShown } from "./real-hub.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
});
afterAll(() => hub.stop());

const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
const all: Client[] = [];
afterEach(() => {
  for (const client of all.splice(0)) client.close();
  warn.mockClear();
});

const NOTHING = {
  isLoaded: false,
  cursor: null,
  notifications: [],
  counts: { unread: 0, unseen: 0, total: 0 },
  hasMore: false,
};

let names = 0;
const titled = (title: string) => ({ id: "welcome", notification: { title } });
const welcome = (user: string) =>
  call(hub.url, "POST", `/v1/users/${user}/notifications`, titled(`hello ${user}`));

/** Creates two users, each with a message of the same `id` at the same offset. */
async function pair(): Promise<[ada: string, bob: string]> {
  const [ada, bob] = [`ada${names}`, `bob${names++}`];
  await Promise.all([welcome(ada), welcome(bob)]);
  return [ada, bob];
}

const TOKEN_SECONDS = 3_600;

/** A page that shows the inbox of the signed-in user, with a record of all titles shown. */
function pageOf(transport: () => ReturnType<typeof websocket>, user: string | null) {
  const page = { user, aheadMs: 0 };
  const asked = new Shown<TokenReason>();
  const token = async (reason: TokenReason) => {
    asked.push(reason);
    const exp = Math.floor(Date.now() / 1_000) + TOKEN_SECONDS;
    return page.user && tokenOf(page.user, {}, { exp });
  };
  const now = () => Date.now() + page.aheadMs;
  const environment = { ...surroundings(), now, random: () => Math.random() / 50 };
  const client = newClient({ url: hub.url, token, transports: [transport()] }, environment);
  all.push(client);
  const store = inbox(client);
  const titles: unknown[] = [];
  const arrived: unknown[] = [];
  store.subscribe(({ notifications }) => {
    titles.push(...notifications.map(({ notification }) => notification?.title));
  });
  store.onMessage(({ notification }) => arrived.push(notification?.title));
  const shows = (title: string) =>
    untilShown(store, ({ notifications }) => notifications[0]?.notification?.title === title);
  /** Moves the page's clock to the time for a new token, which does not depend on the machine's speed. */
  const refresh = () => {
    page.aheadMs += TOKEN_SECONDS * 850;
    client.connect();
  };
  return { page, asked, client, store, titles, arrived, shows, refresh };
}

describe.each([
  ["websocket", websocket],
  ["sse", sse],
  ["tabs", sharedTabs],
] as const)("over %s", (_name, transport) => {
  it("the token of another user empties the page, and then shows that user's inbox", async () => {
    const [ada, bob] = await pair();
    const { page, client, store, titles, arrived, shows } = pageOf(transport, ada);
    await shows(`hello ${ada}`);
    const mark = store.markRead(999);
    await mark;
    page.user = bob;
    const closed = until(client, "closed").then(() => store.getSnapshot());
    await call(hub.url, "DELETE", `/v1/users/${ada}/connections`, { reconnect: true });
    expect(await closed).toEqual(NOTHING);
    titles.length = 0;
    const { counts } = await shows(`hello ${bob}`);
    expect([new Set(titles), arrived]).toEqual([new Set([`hello ${bob}`]), []]);
    expect(counts).toEqual({ unread: 1, unseen: 1, total: 1 });
  });

  it("null at the refresh ends the session while its token is still good", async () => {
    const [ada] = await pair();
    const { page, asked, client, store, shows, refresh } = pageOf(transport, ada);
    await shows(`hello ${ada}`);
    page.user = null;
    refresh();
    expect(await until(client, "closed")).toMatchObject({ reason: { code: "unauthorized" } });
    expect([asked.all, store.getSnapshot()]).toEqual([["connect", "refresh"], NOTHING]);
  });

  it("a refreshed token leaves the page as it was", async () => {
    const [ada] = await pair();
    const { asked, client, store, shows, arrived, refresh } = pageOf(transport, ada);
    await shows(`hello ${ada}`);
    const sizes: number[] = [];
    store.subscribe(({ notifications }) => sizes.push(notifications.length));
    refresh();
    await asked.until(2);
    await call(hub.url, "POST", `/v1/users/${ada}/notifications`, { data: 1 });
    await untilShown(store, ({ notifications }) => notifications.length === 2);
    expect([asked.all, sizes.includes(0)]).toEqual([["connect", "refresh"], false]);
    await until(client, "open");
    expect(arrived.length).toBe(1);
  });

  it("an erase leaves nothing of the user on the page, and nothing comes back", async () => {
    const [ada] = await pair();
    const { client, store, shows, titles, arrived } = pageOf(transport, ada);
    await shows(`hello ${ada}`);
    const closed = until(client, "closed").then(() => store.getSnapshot());
    await call(hub.url, "DELETE", `/v1/users/${ada}`);
    expect(await closed).toEqual(NOTHING);
    titles.length = 0;
    // The same `id` at the same offset, in another epoch.
    await call(hub.url, "POST", `/v1/users/${ada}/notifications`, titled("hello again"));
    client.connect();
    await shows("hello again");
    expect([new Set(titles), arrived]).toEqual([new Set(["hello again"]), []]);
  });
});

it("signing out in one tab empties the others", async () => {
  const [ada] = await pair();
  const tabs = [1, 2, 3].map(() => pageOf(sharedTabs, ada));
  for (const { shows } of tabs) await shows(`hello ${ada}`);
  for (const { page } of tabs) page.user = null;
  tabs[0]?.client.close();
  await Promise.all(tabs.map(({ client }) => until(client, "closed")));
  for (const { store } of tabs) expect(store.getSnapshot()).toEqual(NOTHING);
});
