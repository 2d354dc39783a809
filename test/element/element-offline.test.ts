// The element without a connection: a hub that is killed, tokens that expire, a page offline.

import type { WebSocketRoute } from "playwright-core";
import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const titles = () => screen.page.locator(".item-title").allTextContents();
const banner = () => screen.page.locator(".banner");

it("after a hub's crash the element reconnects, and shows missed notifications once", async () => {
  await publish(stage, titled("Before"));
  screen = await visit(stage);
  await screen.open();
  await eventually(titles).toEqual(["Before"]);
  stage.proxy.point(null);
  stage.hub = await stage.hub.restart();
  await banner().waitFor();
  expect(await banner().textContent()).toContain("Reconnecting…");
  // The list stays, and changes wait until the hub is back.
  expect(await titles()).toEqual(["Before"]);
  await screen.item("Before").focus();
  await screen.item("Before").getByRole("button", { name: "Mark as read" }).click();
  await publish(stage, titled("Meanwhile"));
  stage.proxy.point(stage.hub.url);
  await eventually(titles).toEqual(["Meanwhile", "Before"]);
  await banner().waitFor({ state: "hidden" });
  await eventually(() => screen.bell.getAttribute("aria-label")).toBe("Notifications, 1 unread");
  expect(await screen.focused()).toContain("Mark as");
});

it("the banner's delay starts when the connection is lost, not when the panel opens", async () => {
  screen = await visit(stage, {}, undefined, (page) => page.clock.install());
  await screen.loaded();
  stage.proxy.point(null);
  // The element knows of the loss; it shows nothing yet, since the connection may come back.
  await eventually(() => banner().textContent()).toContain("Reconnecting…");
  await screen.page.clock.runFor(2_000);
  await screen.bell.click();
  expect(await banner().isVisible()).toBe(true);
});

it("no toast is shown for notifications read or archived elsewhere meanwhile", async () => {
  screen = await visit(stage);
  await screen.loaded();
  stage.proxy.point(null);
  const { results } = (
    await publish(
      stage,
      ["Read", "Archived", "New"].map((is) => titled(is)),
    )
  ).json;
  const mark = (offset: number, change: object) =>
    call(stage.hub.url, "PATCH", "/v1/users/ada/notifications", {
      epoch: results[0].epoch,
      offsets: [offset],
      ...change,
    });
  await mark(1, { read: true });
  await mark(2, { archived: true });
  stage.proxy.point(stage.hub.url);
  await screen.page.getByText("New notification: New").waitFor({ state: "attached" });
  expect(await screen.toasts.locator(".item-title").allTextContents()).toEqual(["New"]);
});

it("a page that is offline says so, and comes back by itself", async () => {
  await publish(stage, titled("Before"));
  screen = await visit(stage);
  await screen.open();
  await screen.context.setOffline(true);
  stage.proxy.point(null);
  await banner().waitFor();
  expect(await banner().textContent()).toContain("You’re offline.");
  await publish(stage, titled("Meanwhile"));
  stage.proxy.point(stage.hub.url);
  await screen.context.setOffline(false);
  await eventually(titles).toEqual(["Meanwhile", "Before"]);
  await banner().waitFor({ state: "hidden" });
});

it("an expired token is replaced by a new one", async () => {
  stage.site.tokenSeconds = 3;
  const asked = stage.site.asked;
  screen = await visit(stage);
  await screen.open();
  await eventually(() => stage.site.asked - asked).toBeGreaterThanOrEqual(2);
  await publish(stage, titled("With the new one"));
  await eventually(titles).toEqual(["With the new one"]);
  expect(await banner().isVisible()).toBe(false);
});

it("a user disconnected for good sees a message and a button to try again", async () => {
  await publish(stage, titled("Before"));
  screen = await visit(stage, {}, undefined, (page) => page.clock.install());
  await screen.loaded();
  await screen.page.clock.pauseAt(Date.now() + 60_000);
  await call(stage.hub.url, "DELETE", "/v1/users/ada/connections");
  await eventually(() => banner().textContent()).toContain("Disconnected.");
  // The button shows without a delay: the clock stands still here.
  await screen.bell.click();
  const retry = screen.page.getByRole("button", { name: "Try again" });
  expect(await retry.isVisible()).toBe(true);
  // A closed client holds no notifications.
  expect(await titles()).toEqual([]);
  await screen.page.clock.resume();
  await retry.click();
  await banner().waitFor({ state: "hidden" });
  await publish(stage, titled("After"));
  await eventually(titles).toEqual(["After", "Before"]);
});

/** Changes the epoch of each mark on its way, so that the hub refuses it (STA10). */
function misname(line: WebSocketRoute): void {
  const hub = line.connectToServer();
  line.onMessage((frame) =>
    hub.send(`${frame}`.replace(/("type":"read".*"epoch":)"\w+"/, '$1"another"')),
  );
}

it("a change that the hub refuses is undone, and the user sees a message", async () => {
  await publish(stage, titled("One"));
  screen = await visit(stage, {}, undefined, (page) => page.routeWebSocket(/connect/, misname));
  await screen.open();
  await screen.page.getByRole("button", { name: "Mark all as read" }).click();
  await screen.page.getByText("That did not work.").waitFor();
  expect(await screen.item("One").getAttribute("class")).toBe("item unread");
});

it("before the first load it shows a loading state, and a banner while the hub is away", async () => {
  stage.proxy.point(null);
  screen = await visit(stage);
  await screen.bell.click();
  await screen.page.locator(".loading").waitFor();
  await banner().waitFor();
  stage.proxy.point(stage.hub.url);
  await screen.page.getByText("You’re all caught up").waitFor();
});

/** Collects the warnings in the page's console. */
const warnings = (warned: string[]) => async (page: Screen["page"]) => {
  page.on("console", (message) => {
    if (message.type() === "warning") warned.push(message.text());
  });
};

it.each(["…", "nope"])("a malformed token is refused, with the reason: %s", async (token) => {
  stage.site.html = pageOf(
    `<belfry-inbox url="${stage.proxy.url}" token="${token}"></belfry-inbox>`,
  );
  const warned: string[] = [];
  screen = await visit(stage, {}, undefined, warnings(warned));
  await screen.bell.click();
  await screen.page.getByRole("button", { name: "Try again" }).waitFor();
  expect(await banner().textContent()).toContain("Disconnected.");
  expect(warned).toEqual([
    `belfry: ${stage.proxy.url}: invalid_token: this is neither an API key (\`bk_…\`) nor a user's token (a JWT)`,
  ]);
});

it.each([
  ["no token", () => `url="${stage.proxy.url}"`],
  ["no address", () => 'token-url="/token"'],
])("with %s it shows nothing, and warns once", async (_, attributes) => {
  stage.site.html = pageOf(`<belfry-inbox ${attributes()}></belfry-inbox>`);
  const warned: string[] = [];
  screen = await visit(stage, {}, undefined, async (page) => {
    await warnings(warned)(page);
    await page.clock.install();
  });
  await screen.page.clock.runFor(2_000);
  expect(warned).toEqual([]);
  await screen.host.evaluate((host) => document.querySelector("main")?.append(host));
  await screen.page.clock.runFor(10_000);
  expect(warned).toEqual(["belfry: no url or token"]);
});
