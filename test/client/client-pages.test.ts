// Real pages in a real browser: tabs that share a socket, pages that are put aside and come back, a
// network that goes away. The SDK relies on the behaviour that is measured here.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { launchBrowser } from "../examples/browser.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";

/** A page whose text is its state, its unread count, and the data of the topic. */
const APP = `
import { createClient, websocket } from "./index.ts";
import { inbox } from "./inbox.ts";
import { sharedTabs } from "./tabs.ts";

const user = location.pathname.slice(1);
const transports = [location.search === "?alone" ? websocket() : sharedTabs()];
const token = () => fetch("/token" + location.pathname).then((response) => response.text());
const client = createClient({ url: hub, token, transports });
const store = inbox(client);
const news = [];
window.shows = [];
const show = () => {
  document.body.textContent = [client.status.state, store.getSnapshot().counts.unread, news.join()].join(" ");
};
client.topic(user).subscribe(({ data }) => { news.push(data); show(); });
client.onStatus(show);
store.subscribe(show);
window.addEventListener("pageshow", ({ persisted }) => window.shows.push(persisted));
Object.assign(window, { client, store });
`;

let server: Server;
let hub: Hub;
let browser: Browser;
let context: BrowserContext;
let origin = "";
beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: APP, resolveDir: resolve(import.meta.dirname, "../../src/client") },
    bundle: true,
    write: false,
    format: "esm",
  });
  const script = outputFiles[0]?.text ?? "";
  server = createServer(async ({ url = "" }, response) => {
    response.setHeader("content-type", "text/html");
    if (url === "/elsewhere") return response.end("<title>elsewhere</title>");
    const [, user = ""] = /\/(\w+)(\?.*)?$/.exec(url) ?? [];
    if (url.startsWith("/token"))
      return response.end(await tokenOf(user, { "topic:*": ["subscribe"] }));
    const head = `<!doctype html><body></body><script>hub = "${hub.url}"</script>`;
    return response.end(`${head}<script type="module">${script}</script>`);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub = await startHub(inject("bundle"), { ALLOWED_ORIGINS: origin });
  browser = await launchBrowser(["--disable-back-forward-cache"]);
});
afterAll(async () => {
  await browser.close();
  server.close();
  await hub.stop();
});

let sockets = 0;
beforeEach(async () => {
  sockets = 0;
  context = await browser.newContext();
});
afterEach(() => context.close());

async function open(user: string, search = ""): Promise<Page> {
  const page = await context.newPage();
  page.on("websocket", () => {
    sockets += 1;
  });
  await page.goto(`${origin}/${user}${search}`);
  return page;
}

const shows = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor();
const tell = async (user: string, data: number) => {
  await call(hub.url, "POST", `/v1/topics/${user}/messages`, { data });
  await call(hub.url, "POST", `/v1/users/${user}/notifications`, {
    data,
    notification: { title: `${data}` },
  });
};

it("three tabs have one socket; another leads when the first is closed", async () => {
  const tabs = [await open("tabs"), await open("tabs"), await open("tabs")];
  await Promise.all(tabs.map((tab) => shows(tab, "open 0")));
  await tell("tabs", 1);
  await Promise.all(tabs.map((tab) => shows(tab, "open 1 1")));
  expect(sockets).toBe(1);
  await tabs[0]?.close();
  await tell("tabs", 2);
  await Promise.all(tabs.slice(1).map((tab) => shows(tab, "open 2 1,2")));
  expect(sockets).toBe(2);
});

it("a tab whose leader hangs opens a line of its own", async () => {
  const leader = await open("hung");
  await shows(leader, "open 0");
  const tab = await context.newPage();
  // Time is ten times as fast for this tab alone: playwright's clock is one for all tabs, and hangs too.
  await tab.addInitScript(() => {
    const [now, later, startedAt] = [Date.now, setTimeout, Date.now()];
    Date.now = () => startedAt + (now() - startedAt) * 10;
    Object.assign(window, { setTimeout: (act: () => void, ms = 0) => later(act, ms / 10) });
  });
  await tab.goto(`${origin}/hung`);
  await shows(tab, "open 0");
  // Nobody answers the alert, so no script of that page runs any more.
  const alerted = leader.waitForEvent("dialog");
  leader.evaluate(() => alert("Still there?")).catch(() => undefined);
  const dialog = await alerted;
  await tell("hung", 1);
  // The tab pings, hears nothing, and asks for the leader.
  await shows(tab, "open 1 1");
  await dialog.dismiss();
  await shows(leader, "open 1 1");
});

// The browser of the package is a headless shell without a back-forward cache.
it.skipIf(process.env.CHROMIUM_PATH === undefined).each(["", "?alone"])(
  "a page comes back out of the back-forward cache and lacks nothing (%s)",
  async (search) => {
    const user = search === "" ? "cached" : "alone";
    const page = await open(user, search);
    await shows(page, "open 0");
    const other = await open(user, search);
    await shows(other, "open 0");
    await page.goto(`${origin}/elsewhere`);
    await tell(user, 1);
    await shows(other, "open 1 1");
    await page.evaluate(() => history.back());
    await shows(page, "open 1 1");
    expect(await page.evaluate("shows")).toEqual([false, true]);
    await tell(user, 2);
    await shows(page, "open 2 1,2");
    await shows(other, "open 2 1,2");
  },
);

it("a page that is put aside lets another lead, and follows when it returns", async () => {
  const [page, other] = [await open("aside"), await open("aside")];
  await Promise.all([page, other].map((tab) => shows(tab, "open 0")));
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })),
  );
  await shows(page, "waiting 0");
  await tell("aside", 1);
  await shows(other, "open 1 1");
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })),
  );
  await shows(page, "open 1 1");
  expect(sockets).toBe(2);
});

it("a frozen page catches up, and does not keep the others waiting", async () => {
  const [page, other] = [await open("frozen"), await open("frozen")];
  await Promise.all([page, other].map((tab) => shows(tab, "open 0")));
  const devtools = await context.newCDPSession(page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  await tell("frozen", 1);
  await shows(other, "open 1 1");
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await shows(page, "open 1 1");
});

it("a page comes back when the network does", async () => {
  const page = await open("network", "?alone");
  await shows(page, "open 0");
  await context.setOffline(true);
  // A ping that has just gone out is still answered, so each poll sends another.
  await expect
    .poll(() => page.evaluate("client.connect(), client.status.state"), { timeout: 20_000 })
    .not.toBe("open");
  await tell("network", 1);
  await context.setOffline(false);
  await shows(page, "open 1 1");
});

it("a click that leaves the page while it reconnects keeps its mark", async () => {
  const page = await open("leaves", "?alone");
  await shows(page, "open 0");
  await tell("leaves", 1);
  await shows(page, "open 1 1");
  // The listener comes before the disconnect, since the wait may be over at once.
  await page.evaluate(`client.onStatus(({ state }) => {
    if (state !== "waiting") return;
    store.markRead(1);
    location.assign("/elsewhere");
  }), 0`);
  await call(hub.url, "DELETE", "/v1/users/leaves/connections", { reconnect: true });
  await page.waitForURL(`${origin}/elsewhere`);
  await expect
    .poll(async () => (await call(hub.url, "GET", "/v1/users/leaves/notifications")).json.counts)
    .toMatchObject({ unread: 0 });
});
