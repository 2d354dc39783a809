// Data-only messages: the list shows messages with a `notification`; the others are data for the app.

import { expect, it } from "vitest";
import { dated, giveInbox, inlinePage } from "./own-inbox.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();

const titles = (screen: Screen) => screen.page.locator(".item-title").allTextContents();
const TIME = "2026-11-20T05:05:00Z";
const data = (offset: number) =>
  dated(offset, TIME, { type: "data.only", category: "data", data: 1, notification: undefined });
const shown = (offset: number) => dated(offset, TIME, { notification: { title: `N${offset}.` } });

it("a data-only message is not listed, has no tab, and is not counted", async () => {
  await publish(stage, [
    titled("One"),
    { type: "data.only", category: "secret", data: { a: 1 } },
    titled("Two", { category: "ci" }),
  ]);
  const screen = await visit(stage);
  await screen.open();
  await eventually(() => titles(screen)).toEqual(["Two", "One"]);
  expect(await screen.page.getByRole("tab").allTextContents()).toEqual(["All", "Unread", "ci"]);
  expect(await screen.items.last().getAttribute("aria-posinset")).toBe("2");
  expect(await screen.items.last().getAttribute("aria-setsize")).toBe("2");
});

it("an inbox with nothing but data is shown as empty", async () => {
  await publish(stage, [
    { type: "data.only", data: 1 },
    { type: "data.only", data: 2 },
  ]);
  const screen = await visit(stage);
  await screen.open();
  await screen.page.getByText("You’re all caught up").waitFor();
  expect(await screen.items.count()).toBe(0);
});

it("pages that hold only data are skipped until there is something to show", async () => {
  const none = Array.from({ length: 60 }, (_, i) => ({ type: "data.only", data: i }));
  await publish(stage, [titled("At the end"), ...none, ...none]);
  const screen = await visit(stage);
  await screen.open();
  await screen.item("At the end").waitFor();
  expect(await screen.items.first().getAttribute("aria-setsize")).toBe("1");
});

it("the size of the list is unknown while data is among it and more can be loaded", async () => {
  inlinePage(stage);
  const screen = await visit(stage);
  const many = Array.from({ length: 40 }, (_, i) => shown(200 - i));
  const older = [[data(20)], [data(19)], [shown(18)]];
  await giveInbox(screen, { messages: many, older, total: 43 });
  await eventually(() => screen.items.count()).toBe(40);
  expect(await screen.items.first().getAttribute("aria-setsize")).toBe("43");
  await giveInbox(screen, { messages: [data(201), ...many], older, total: 44 });
  await eventually(() => screen.items.first().getAttribute("aria-setsize")).toBe("-1");
  // Scroll to the end, past the pages with nothing to show.
  await screen.page.locator(".scroller").evaluate((node) => node.scrollTo(0, node.scrollHeight));
  await screen.page.locator("main").evaluate(() => scrollTo(0, document.body.scrollHeight));
  await screen.item("N18.").waitFor();
  await eventually(() => screen.items.first().getAttribute("aria-setsize")).toBe("41");
});
