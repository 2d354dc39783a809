// The property `open`: early or late, the page's last value counts.

import { expect, it } from "vitest";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();

const open = (screen: Screen) => screen.host.evaluate((host) => Reflect.get(host, "open"));
const isOpen = (screen: Screen) => screen.panel.isVisible();

it("set before the script is loaded, it opens", async () => {
  await publish(stage, titled("One"));
  const screen = await visit(stage, {}, undefined, (page) =>
    page.addInitScript(() => {
      document.addEventListener("readystatechange", () => {
        const inbox = document.querySelector("belfry-inbox");
        if (document.readyState === "interactive") Object.assign(inbox ?? {}, { open: true });
      });
    }),
  );
  await screen.item("One").waitFor();
  expect(await open(screen)).toBe(true);
});

it("set before it is on the page and before its address, it opens when it has both", async () => {
  await publish(stage, titled("One"));
  stage.site.html = pageOf("");
  const screen = await visit(stage);
  await screen.page.evaluate(async () => {
    await customElements.whenDefined("belfry-inbox");
    const inbox = document.createElement("belfry-inbox");
    Object.assign(inbox, { open: true, labels: { title: "Mine" } });
    // Let the update that follows the changes above run first.
    await new Promise((done) => setTimeout(done));
    document.querySelector("header")?.append(inbox);
    await new Promise((done) => setTimeout(done));
  });
  expect(await isOpen(screen)).toBe(false);
  expect(await open(screen)).toBe(true);
  await screen.host.evaluate((host, url) => {
    host.setAttribute("token-url", "/token");
    host.setAttribute("url", url);
  }, stage.proxy.url);
  await screen.item("One").waitFor();
});

it("set and taken back before the address is set, it stays closed", async () => {
  stage.site.html = pageOf("<belfry-inbox></belfry-inbox>");
  const screen = await visit(stage);
  await screen.host.evaluate(async (host, url) => {
    await customElements.whenDefined("belfry-inbox");
    Object.assign(host, { open: true });
    Object.assign(host, { open: false });
    host.setAttribute("token-url", "/token");
    host.setAttribute("url", url);
  }, stage.proxy.url);
  await screen.loaded();
  expect(await isOpen(screen)).toBe(false);
  expect(await open(screen)).toBe(false);
});

it("new labels and a new token leave an open panel open, and a closed one closed", async () => {
  await publish(stage, titled("One"));
  const screen = await visit(stage);
  await screen.host.evaluate((host) => Object.assign(host, { open: true }));
  await screen.item("One").waitFor();
  const replace = (title: string) =>
    screen.host.evaluate((host, title) => Object.assign(host, { labels: { title } }), title);
  const panel = (title: string) => screen.page.locator(`.panel[aria-label=${title}]`);
  await replace("Open");
  await panel("Open").waitFor();
  // Without a token URL there is no panel; with a new one it is open again.
  await screen.host.evaluate((host) => host.removeAttribute("token-url"));
  await eventually(() => screen.bell.count()).toBe(0);
  await screen.host.evaluate((host) => host.setAttribute("token-url", "/token"));
  await screen.item("One").waitFor();
  await screen.page.keyboard.press("Escape");
  await screen.panel.waitFor({ state: "hidden" });
  await replace("Closed");
  await panel("Closed").waitFor({ state: "attached" });
  expect(await isOpen(screen)).toBe(false);
});

it("removed from the page and inserted again, it is closed", async () => {
  const screen = await visit(stage);
  await screen.host.evaluate((host) => Object.assign(host, { open: true }));
  await screen.panel.waitFor();
  const isOpenAway = await screen.host.evaluate(async (host) => {
    host.remove();
    await new Promise((done) => setTimeout(done));
    const was = Reflect.get(host, "open");
    document.body.append(host);
    return was;
  });
  expect(isOpenAway).toBe(false);
  await screen.bell.waitFor();
  expect(await isOpen(screen)).toBe(false);
});
