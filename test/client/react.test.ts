// The hooks: rendered on a server, where nothing may connect, and in a real browser against a real hub.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { BelfryProvider, useInbox, useStatus, useTopic } from "../../src/client/react.ts";
import { launchBrowser } from "../examples/browser.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";

it("renders on a server without connecting", () => {
  const client = createClient({
    url: "https://hub.test",
    token: () => Promise.reject(new Error("nobody asks on a server")),
  });
  function Bell() {
    const { counts, isLoaded } = useInbox();
    useTopic("news", () => undefined);
    return createElement("b", null, `${useStatus().state} ${counts.unread} ${isLoaded}`);
  }
  const html = renderToString(createElement(BelfryProvider, { client }, createElement(Bell)));
  expect(html).toBe("<b>idle 0 false</b>");
  expect(client.status).toEqual({ state: "idle" });
});

it("says what to do if the provider is missing", () => {
  const Lost = () => createElement("b", null, useStatus().state);
  expect(() => renderToString(createElement(Lost))).toThrow("BelfryProvider");
});

/** An app as people write it, in StrictMode, which mounts everything twice. */
const APP = `
import { createElement as h, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "./index.ts";
import { inbox } from "./inbox.ts";
import { BelfryProvider, useInbox, useStatus, useTopic } from "./react.ts";

const { url, token } = window.hub;
const client = createClient({ url, token });
function Bell() {
  const { counts, notifications } = useInbox();
  const status = useStatus();
  const [news, setNews] = useState([]);
  const [topic, setTopic] = useState("news");
  const add = (item) => setNews((before) => [...before, item]);
  useTopic(topic, ({ data }) => add(data), { since: "1h", onError: ({ code }) => add(code) });
  return h("main", null,
    h("output", null, status.state + " " + counts.unread + " " + notifications.length + " " + news.join()),
    h("button", { id: "read", onClick: () => inbox(client).markAllRead() }),
    h("button", { id: "leave", onClick: () => setTopic(null) }),
    h("button", { id: "pry", onClick: () => setTopic("secret") }));
}
// Shows the status before there is an inbox: what is rendered later must not change it while it is.
function Page() {
  const { state } = useStatus();
  const [isReady, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return isReady ? h(Bell) : state;
}
createRoot(document.body).render(h(StrictMode, null, h(BelfryProvider, { client }, h(Page))));
`;

let server: Server;
let hub: Hub;
let browser: Browser;
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
  server = createServer(async (_request, response) => {
    const token = await tokenOf("ada", { "topic:news": ["subscribe"] });
    response.setHeader("content-type", "text/html");
    response.end(
      `<!doctype html><body></body><script>hub = ${JSON.stringify({ url: hub.url, token })}</script>` +
        `<script type="module">${script.replaceAll("</script", "<\\/script")}</script>`,
    );
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

it("shows new messages in a browser, marks them, and leaves a topic", async () => {
  const news = (data: number) => call(hub.url, "POST", "/v1/topics/news/messages", { data });
  const notify = (data: number) => {
    const message = { data, notification: { title: `${data}` } };
    return call(hub.url, "POST", "/v1/users/ada/notifications", message);
  };
  await news(1);
  await notify(1);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(origin);
  const shows = (text: string) => page.getByText(text, { exact: true }).waitFor();
  await shows("open 1 1 1");
  await notify(2);
  await news(2);
  await shows("open 2 2 1,2");
  await page.locator("#read").evaluate((button: HTMLButtonElement) => button.click());
  await shows("open 0 2 1,2");
  await page.locator("#leave").evaluate((button: HTMLButtonElement) => button.click());
  await news(3);
  await notify(3);
  await shows("open 1 3 1,2");
  await page.locator("#pry").evaluate((button: HTMLButtonElement) => button.click());
  await page.getByText(/^open 1 3 1,2,insufficient_scope/).waitFor();
  expect(problems).toEqual([]);
});
