// examples/page.html in a real browser, served by examples/serve.mjs, against a real hub.

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { PING } from "../../src/protocol/down.ts";
import { PING_SECONDS, RECONNECT_SPREAD_SECONDS } from "../../src/protocol/limits.ts";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { launchBrowser } from "./browser.ts";
import { startProxy, type TcpProxy } from "./proxy.ts";
import { Script } from "./script.ts";

const INBOX = "/v1/users/ada/notifications";

describe("examples/page.html", () => {
  let browser: Browser;
  let proxy: TcpProxy;
  let server: Script;
  let hub: Hub;
  let page: Page;
  let origin: string;
  /** The frames that the page has sent and received, as text. */
  let sent: string[];
  let received: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    proxy = await startProxy();
    server = new Script("serve.mjs", [], { HUB: proxy.url, KEY: API_KEY, PORT: "0" });
    origin = (await server.line(/http:\S+/))[0];
    hub = await startHub(inject("bundle"), { ALLOWED_ORIGINS: origin });
    proxy.point(hub.url);
    page = await browser.newPage();
    sent = [];
    received = [];
    page.on("websocket", (ws) => {
      ws.on("framesent", ({ payload }) => sent.push(String(payload)));
      ws.on("framereceived", ({ payload }) => received.push(String(payload)));
    });
  });
  afterEach(async () => {
    await page.close();
    await server.stop();
    proxy.stop();
    await hub.stop();
  });

  const publish = (title: string, more = {}) =>
    call(hub.url, "POST", INBOX, { id: title, notification: { title }, ...more });
  const count = () => page.locator("#count");
  const item = (title: string) => page.locator("li", { hasText: title });
  const frames = (type: string) =>
    received.map((text) => JSON.parse(text)).filter((frame) => frame.type === type);
  const arrived = (type: string, times = 1) =>
    expect.poll(() => frames(type), { timeout: 15_000 }).toHaveLength(times);
  const status = (text: string) => page.locator("#status", { hasText: text }).waitFor();

  it("shows published messages, marks them read, and resumes without a duplicate", async () => {
    await page.goto(origin);
    await status("Connected");
    await publish("Build passed", { data: { build: 118 } });
    await item("Build passed").waitFor();
    expect(await count().textContent()).toBe("1");

    await item("Build passed").getByRole("button").click();
    await count().waitFor({ state: "hidden" });
    expect(await item("Build passed").getAttribute("class")).toBe("");
    expect((await call(hub.url, "GET", INBOX)).json.counts.unread).toBe(0);

    proxy.point(null);
    hub = await hub.restart();
    await publish("While you were away");
    proxy.point(hub.url);
    await item("While you were away").waitFor();
    await publish("Back again");
    await item("Back again").waitFor();
    expect(await page.locator("li").count()).toBe(3);
    expect(await count().textContent()).toBe("2");
    // The page has resumed: its only snapshot came at the very first connect.
    expect(frames("messages").filter(({ snapshot }) => snapshot)).toHaveLength(1);

    await page.getByRole("button", { name: "Mark all read" }).click();
    await count().waitFor({ state: "hidden" });
  });

  it("shows the marks of another device, and drops deleted and expired messages", async () => {
    await page.clock.install();
    await page.goto(origin);
    await status("Connected");
    for (const title of ["One", "Two"]) await publish(title);
    await publish("Three", { ttl: 600 });
    await item("Three").waitFor();
    expect(await count().textContent()).toBe("3");
    const { epoch } = (await publish("Live", { ttl: 0 })).json;
    await status("Live");
    await call(hub.url, "PATCH", INBOX, { epoch, offsets: [1], read: true });
    await page.locator("#count", { hasText: "2" }).waitFor();
    await call(hub.url, "DELETE", `${INBOX}/2`);
    await item("Two").waitFor({ state: "detached" });
    await page.clock.fastForward(601_000);
    await item("Three").waitFor({ state: "detached" });
    await count().waitFor({ state: "hidden" });
    expect(await page.locator("li").count()).toBe(1);
  });

  it("shows no message without a notification, and none that has expired by the hub's clock", async () => {
    await page.clock.install({ time: Date.now() + 2 * 3_600_000 });
    await page.goto(origin);
    await status("Connected");
    await call(hub.url, "POST", INBOX, { type: "cart.changed", data: { items: 2 } });
    await publish("For an hour", { ttl: 3_600 });
    await item("For an hour").waitFor();
    expect(await page.locator("li").count()).toBe(1);
    expect(await count().textContent()).toBe("1");
  });

  it("shows nothing of a user who was signed out", async () => {
    await page.clock.install();
    await page.goto(origin);
    await publish("Private");
    await item("Private").waitFor();
    await page.route("**/token", (route) => route.fulfill({ status: 401 }));
    await page.clock.fastForward(3_600 * 800);
    await status("Signed out");
    expect(await page.locator("li").count()).toBe(0);
    expect(await count().isHidden()).toBe(true);
    expect(await page.title()).toBe("Belfry");
  });

  it("applies a frame that comes in parts as one", async () => {
    const titles = Array.from({ length: 10 }, (_, i) => `Long ${i}.`);
    const list = titles.map((title) => ({ notification: { title }, data: "x".repeat(40_000) }));
    await call(hub.url, "POST", INBOX, list);
    await page.goto(origin);
    await item("Long 0.").waitFor();
    expect(await page.locator("li").count()).toBe(10);
    expect(frames("messages").map(({ more }) => more)).toEqual([true, undefined]);
    await publish("Short");
    await item("Short").waitFor();
    expect(await count().textContent()).toBe("11");
  });

  it("pings, renews its token in time, and stays away after a final disconnect", async () => {
    await page.clock.install();
    await page.goto(origin);
    await status("Connected");
    await page.clock.fastForward(PING_SECONDS * 1000);
    await arrived("pong");
    expect(sent).toEqual([PING]);
    await page.clock.fastForward(3600 * 800);
    await arrived("reply");
    expect(sent).toContainEqual(expect.stringContaining('"type":"refresh"'));
    expect(frames("reply")).toMatchObject([{ expires_in: expect.any(Number) }]);
    await call(hub.url, "DELETE", "/v1/users/ada/connections", { reconnect: true });
    await arrived("disconnect");
    await page.clock.fastForward(RECONNECT_SPREAD_SECONDS * 1000);
    await arrived("connected", 2);
    await call(hub.url, "DELETE", "/v1/users/ada/connections");
    await status("Disconnected (4503)");
  });
});
