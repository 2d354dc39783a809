// Two users in one page of a real browser, over each transport, in tabs and in React: after a switch of
// the token, and after an erase.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { launchBrowser } from "../examples/browser.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";

/** A page of React in StrictMode that shows the state and the titles of the signed-in user. */
const APP = `
import { createElement as h, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { createClient, websocket } from "./index.ts";
import { BelfryProvider, useInbox, useStatus } from "./react.ts";
import { sse } from "./sse.ts";
import { sharedTabs } from "./tabs.ts";

window.user = location.pathname.slice(1);
window.shown = [];
const kinds = { "?tabs": sharedTabs, "?sse": sse, "?websocket": websocket };
const token = () => window.user && fetch("/token/" + window.user).then((response) => response.text());
const newClient = () => createClient({ url: hub, token, transports: [kinds[location.search]()] });

function Titles() {
  const { state } = useStatus();
  const titles = useInbox().notifications.map(({ notification }) => notification.title).join();
  useEffect(() => { window.shown.push(titles); }, [titles]);
  return h("output", null, state + " " + titles);
}
const app = (client, key) =>
  h(StrictMode, null, h(BelfryProvider, { key, client }, h(Titles)));
const root = createRoot(document.body);
let client = newClient();
root.render(app(client, window.user));
/** The use that an app makes of the line of docs/sdk.md. */
window.become = (user) => {
  client.close();
  window.user = user;
  client = newClient();
  root.render(app(client, user));
};
/** Resolves when an effect of each mount has run, and its client is closed. */
window.mount = async (times) => {
  for (let i = 0; i < times; i++) {
    const place = document.createElement("div");
    const own = createRoot(place);
    const once = newClient();
    await new Promise((done) => {
      const Mounted = () => { useInbox(); useEffect(() => done(), []); return null; };
      own.render(h(StrictMode, null, h(BelfryProvider, { client: once }, h(Mounted))));
    });
    own.unmount();
    once.close();
  }
};
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
    define: { "process.env.NODE_ENV": '"development"' },
    nodePaths: [resolve(import.meta.dirname, "../../node_modules")],
  });
  const script = outputFiles[0]?.text ?? "";
  server = createServer(async ({ url = "" }, response) => {
    response.setHeader("content-type", "text/html");
    if (url.startsWith("/token/")) return response.end(await tokenOf(url.slice(7)));
    const head = `<!doctype html><body></body><script>hub = "${hub.url}"</script>`;
    const safe = script.replaceAll("</script", "<\\/script");
    return response.end(`${head}<script type="module">${safe}</script>`);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub = await startHub(inject("bundle"), { ALLOWED_ORIGINS: origin });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  server.close();
  await hub.stop();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(() => context.close());

async function open(user: string, search: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin}/${user}${search}`);
  return page;
}

const shows = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor();
const welcome = (user: string, title = `hello ${user}`) =>
  call(hub.url, "POST", `/v1/users/${user}/notifications`, { id: "w", notification: { title } });
/** Sets the user of the page's next token; null is nobody. */
const signIn = (page: Page, user: string | null) =>
  page.evaluate((next) => Object.assign(window, { user: next }), user);
const shownBy = (page: Page) => page.evaluate("[...new Set(shown)]");

const WAYS = ["?websocket", "?sse", "?tabs"];

it.each(WAYS)("another user's token shows that user's inbox alone (%s)", async (way) => {
  const [ada, bob] = [`ada${way.slice(1)}`, `bob${way.slice(1)}`];
  await Promise.all([welcome(ada), welcome(bob)]);
  const pages = [await open(ada, way), await open(ada, way)];
  for (const page of pages) {
    await shows(page, `open hello ${ada}`);
    await signIn(page, bob);
  }
  await call(hub.url, "DELETE", `/v1/users/${ada}/connections`, { reconnect: true });
  for (const page of pages) {
    await shows(page, `open hello ${bob}`);
    expect(await shownBy(page)).toEqual(["", `hello ${ada}`, `hello ${bob}`]);
    await signIn(page, null);
  }
  await call(hub.url, "DELETE", `/v1/users/${bob}/connections`, { reconnect: true });
  for (const page of pages) await shows(page, "closed");
});

it.each(WAYS)(
  "a page that gets another client shows nothing of the one before (%s)",
  async (way) => {
    const [ada, bob] = [`eve${way.slice(1)}`, `kay${way.slice(1)}`];
    await Promise.all([welcome(ada), welcome(bob)]);
    const page = await open(ada, way);
    await shows(page, `open hello ${ada}`);
    await page.evaluate(`shown = []; become("${bob}")`);
    await shows(page, `open hello ${bob}`);
    expect(await shownBy(page)).not.toContain(`hello ${ada}`);
  },
);

it.each(WAYS)("nothing of an erased user stays on the page (%s)", async (way) => {
  const user = `gone${way.slice(1)}`;
  await welcome(user);
  const pages = [await open(user, way), await open(user, way)];
  for (const page of pages) await shows(page, `open hello ${user}`);
  await call(hub.url, "DELETE", `/v1/users/${user}`);
  for (const page of pages) await shows(page, "closed");
});

it("60 mounts in StrictMode leave no listener on the window", async () => {
  const page = await open("mounts", "?websocket");
  await shows(page, "open");
  const devtools = await context.newCDPSession(page);
  const listeners = async () => {
    const { result } = await devtools.send("Runtime.evaluate", { expression: "window" });
    const { objectId = "" } = result;
    return (await devtools.send("DOMDebugger.getEventListeners", { objectId })).listeners.length;
  };
  const before = await listeners();
  expect(before).toBe(7);
  await page.evaluate("mount(60)");
  expect(await listeners()).toBe(before);
});
