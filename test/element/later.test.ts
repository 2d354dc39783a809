// The list and the toasts, which are in a file of their own: the page loads it just before it is needed.

import type { Route } from "playwright-core";
import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();

const INBOX = "/v1/users/ada/notifications";
const ELEMENT = "/belfry-inbox.js";
const LIST = "/belfry-inbox-list.js";

interface Watched extends Screen {
  /** The scripts that the page has requested. */
  scripts: string[];
  /** The lines of the console about the list. */
  lines: string[];
}

/** Opens the page; `answer` handles its request for the code of the list. */
async function watch(answer?: (route: Route) => Promise<void>): Promise<Watched> {
  const scripts: string[] = [];
  const lines: string[] = [];
  const screen = await visit(stage, {}, undefined, async (page) => {
    page.on("request", (request) => {
      if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname);
    });
    page.on("console", (message) => {
      if (message.text().includes("list")) lines.push(message.text());
    });
    if (answer) await page.route(`**${LIST}*`, answer);
  });
  return Object.assign(screen, { scripts, lines });
}

/** Returns an `answer` that holds the code back until `letGo` is called. */
function held() {
  const { promise, resolve: letGo } = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const answer = async (route: Route) => {
    asked.resolve();
    await promise;
    await route.continue();
  };
  return { answer, letGo, asked: asked.promise };
}

const isOpen = (screen: Screen) => screen.host.evaluate((host) => Reflect.get(host, "open"));
const unseen = async () => (await call(stage.hub.url, "GET", INBOX)).json.counts.unseen;

it("a page loads the element alone, and the list once, when it is opened", async () => {
  await publish(stage, titled("One"));
  const screen = await watch();
  await screen.loaded();
  expect(screen.scripts).toEqual([ELEMENT]);
  await screen.open();
  await screen.item("One").waitFor();
  await screen.page.keyboard.press("Escape");
  await screen.open();
  expect(screen.scripts).toEqual([ELEMENT, LIST]);
});

it.each([
  ["the pointer enters the bell", ({ bell }: Screen) => bell.hover()],
  ["the bell gets the focus", ({ bell }: Screen) => bell.focus()],
])("the list is preloaded when %s", async (_, approach) => {
  const screen = await watch();
  await screen.loaded();
  const asked = screen.page.waitForResponse(`**${LIST}`);
  await approach(screen);
  await (await asked).finished();
  expect(await screen.panel.isVisible()).toBe(false);
});

it("the first toast loads the list", async () => {
  const screen = await watch();
  await screen.loaded();
  await publish(stage, titled("News"));
  await screen.toasts.filter({ hasText: "News" }).waitFor();
  expect(screen.scripts).toEqual([ELEMENT, LIST]);
});

it("an inline element loads the list at once", async () => {
  await publish(stage, titled("One"));
  stage.site.html = pageOf(
    `<belfry-inbox inline url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`,
  );
  const screen = await watch();
  await screen.item("One").waitFor();
  expect(screen.scripts).toEqual([ELEMENT, LIST]);
});

it("while the list loads, the panel is open and says so, and nothing is marked as seen", async () => {
  await publish(stage, titled("One"));
  const { answer, letGo, asked } = held();
  const screen = await watch(answer);
  await screen.loaded();
  const opened = screen.host.evaluate(
    (host) => new Promise((done) => host.addEventListener("belfry-open", () => done(true))),
  );
  await screen.bell.click();
  await asked;
  expect(await opened).toBe(true);
  expect(await isOpen(screen)).toBe(true);
  expect(await screen.focused()).toBe("panel Notifications");
  await screen.page.locator(".loading").waitFor();
  await screen.panel.getByRole("heading", { name: "Notifications" }).waitFor();
  // When the second message has arrived, an early mark as seen would have reached the hub, too.
  await publish(stage, titled("Two"));
  await eventually(() => screen.bell.getAttribute("aria-label")).toBe("Notifications, 2 unread");
  expect(await unseen()).toBe(2);
  letGo();
  await screen.item("One").waitFor();
  await screen.item("Two").waitFor();
  await eventually(unseen).toBe(0);
  expect(await screen.focused()).toBe("panel Notifications");
  // The second message is in the list, so it needs no toast.
  expect(await screen.toasts.count()).toBe(0);
});

it("a panel closed while the list loads stays closed", async () => {
  await publish(stage, titled("One"));
  const { answer, letGo, asked } = held();
  const screen = await watch(answer);
  await screen.loaded();
  await screen.bell.click();
  await asked;
  await screen.page.keyboard.press("Escape");
  const came = screen.page.waitForResponse(`**${LIST}`);
  letGo();
  await (await came).finished();
  expect(await screen.panel.isVisible()).toBe(false);
  expect(await unseen()).toBe(1);
  await screen.open();
  await screen.item("One").waitFor();
});

it("no toast is shown for messages read, archived or deleted while the list loads", async () => {
  const { answer, letGo, asked } = held();
  const screen = await watch(answer);
  await screen.loaded();
  const names = ["Read", "Archived", "Deleted", "Kept"];
  const { results } = (
    await publish(
      stage,
      names.map((name) => titled(name)),
    )
  ).json;
  await asked;
  const [read, archived, deleted] = results;
  const mark = (marks: object) =>
    call(stage.hub.url, "PATCH", INBOX, { epoch: read.epoch, ...marks });
  await eventually(() => screen.bell.getAttribute("aria-label")).toBe("Notifications, 4 unread");
  await mark({ offsets: [read.offset], read: true });
  await mark({ offsets: [archived.offset], archived: true });
  await call(stage.hub.url, "DELETE", `${INBOX}/${deleted.offset}`);
  await eventually(() => screen.bell.getAttribute("aria-label")).toBe("Notifications, 1 unread");
  letGo();
  await screen.toasts.filter({ hasText: "Kept" }).waitFor();
  expect(await screen.toasts.locator(".item-title").allTextContents()).toEqual(["Kept"]);
});

it("a failed load leaves the bell as it was, warns once, and is tried again", async () => {
  await publish(stage, titled("One"));
  let isOffline = true;
  const screen = await watch((route) => (isOffline ? route.abort() : route.continue()));
  await screen.loaded();
  for (const attempt of [1, 2]) {
    const failed = screen.page.waitForEvent("requestfailed");
    const closed = screen.host.evaluate(
      (host) => new Promise((done) => host.addEventListener("belfry-close", () => done(true))),
    );
    // A pointer would preload the list.
    await screen.host.evaluate((host) => Object.assign(host, { open: true }));
    await failed;
    expect(await closed, `${attempt}`).toBe(true);
    expect(await screen.panel.isVisible()).toBe(false);
    expect(await screen.bell.getAttribute("aria-label")).toBe("Notifications, 1 unread");
    expect(await screen.bell.getAttribute("aria-expanded")).toBe("false");
  }
  expect(await unseen()).toBe(1);
  await eventually(() => screen.lines.filter((line) => line.startsWith("belfry:")).length).toBe(1);
  isOffline = false;
  await screen.open();
  await screen.item("One").waitFor();
  await eventually(unseen).toBe(0);
});

it("an inline element tries a failed load again with the next change", async () => {
  await publish(stage, titled("One"));
  stage.site.html = pageOf(
    `<belfry-inbox inline url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`,
  );
  let isOffline = true;
  const screen = await watch((route) => (isOffline ? route.abort() : route.continue()));
  await screen.loaded();
  await eventually(() => screen.lines.length).toBeGreaterThan(0);
  await screen.page.locator(".loading").waitFor();
  isOffline = false;
  await publish(stage, titled("Two"));
  await screen.item("One").waitFor();
  await screen.item("Two").waitFor();
});

it("an open page that gets an unusable file after a deployment keeps its bell", async () => {
  await publish(stage, titled("One"));
  let isLater = true;
  const screen = await watch((route) =>
    isLater
      ? route.fulfill({ contentType: "text/javascript", body: "export {};" })
      : route.continue(),
  );
  await screen.loaded();
  for (const _ of [1, 2]) {
    const closed = screen.host.evaluate(
      (host) => new Promise((done) => host.addEventListener("belfry-close", () => done(true))),
    );
    await screen.bell.click();
    expect(await closed).toBe(true);
    expect(await screen.panel.isVisible()).toBe(false);
    expect(await screen.focused()).toBe("bell Notifications, 1 unread");
  }
  await eventually(() => screen.lines.length).toBe(1);
  isLater = false;
  await screen.open();
  await screen.item("One").waitFor();
});
