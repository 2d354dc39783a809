// Replacements for blank texts and for a missing picture.

import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { dated, giveInbox, inlinePage } from "./own-inbox.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();

const inOne = (screen: Screen, title: string, part: string) =>
  screen.item(title).locator(part).allTextContents();

/** Titles without a visible character. */
const BLANK = {
  absent: undefined,
  empty: "",
  spaces: " \t\n\u00a0\u2003\u3000",
  "zero-width": "\u200b\u200c\u200d\u2060\ufeff",
  "Hangul fillers": "\u3164\u115f\u1160\uffa0",
  "marks without a letter": "\u0301\u20dd\ufe0f",
  directions: "\u202e\u2066\u200f\u00ad",
  "an empty Braille cell": "\u2800",
  tags: "\u{e0041}\u{e007f}",
  controls: "\u0000\u001b\u007f",
};

it.each(Object.entries(BLANK))("a title of nothing to see: %s", async (_, title) => {
  inlinePage(stage);
  const screen = await visit(stage);
  const at = (offset: number, notification: object) =>
    dated(offset, "2026-11-20T05:05:00Z", { type: "raw.type", notification });
  await giveInbox(screen, {
    messages: [
      at(3, { title, body: `\n\u200b\nFirst line\nSecond line` }),
      at(2, { title, body: "Only line" }),
      at(1, { title, body: title }),
    ],
  });
  await eventually(() => screen.page.locator(".item-title").allTextContents()).toEqual([
    "First line",
    "Only line",
    "Notification",
  ]);
  expect(await screen.page.locator(".item-body").allTextContents()).toEqual(["Second line"]);
  expect(await screen.page.getByText("raw.type").count()).toBe(0);
});

it.each(["👩‍💻", "ア", "e\u0301", "1", "—", "\u200bx"])("%s can be seen", async (title) => {
  inlinePage(stage);
  const screen = await visit(stage);
  const notification = { title, body: "Body" };
  await giveInbox(screen, { messages: [dated(1, "2026-11-20T05:05:00Z", { notification })] });
  await eventually(() => screen.page.locator(".item-title").allTextContents()).toEqual([title]);
  expect(await screen.page.locator(".item-body").allTextContents()).toEqual(["Body"]);
});

it("toasts and announcements have the same replacements", async () => {
  const screen = await visit(stage);
  await screen.loaded();
  await publish(stage, { type: "raw.type", notification: { title: "\u200b", body: "Your build" } });
  await eventually(() => screen.toasts.locator(".item-title").allTextContents()).toEqual([
    "Your build",
  ]);
  await screen.page
    .getByText("New notification: Your build")
    .waitFor({ state: "attached", timeout: 10_000 });
});

it("an action with a blank title shows its name", async () => {
  inlinePage(stage);
  const screen = await visit(stage);
  const notification = { title: "One", actions: [{ action: "retry", title: "\u3164" }] };
  await giveInbox(screen, { messages: [dated(1, "2026-11-20T05:05:00Z", { notification })] });
  await screen.page.getByRole("button", { name: "retry", exact: true }).waitFor();
});

it("without an icon the tile has the initial of category or topic, else a drawing", async () => {
  await call(stage.hub.url, "PUT", "/v1/users/ada/follows/orders");
  await call(stage.hub.url, "POST", "/v1/topics/orders/messages", titled("By topic"));
  await publish(stage, [
    titled("By category", { category: "\u200bémile" }),
    titled("By nothing"),
    titled("By a blank", { category: "\u3164" }),
    titled("Broken", { category: "ci" }, { icon: "/nothing.png" }),
  ]);
  const screen = await visit(stage);
  await screen.open();
  const tile = async (title: string) => (await inOne(screen, title, ".tile"))[0];
  await eventually(() => tile("By topic")).toBe("O");
  expect(await tile("By category")).toBe("É");
  for (const title of ["By nothing", "By a blank"]) {
    // The tile must not show an initial of the API key that published it.
    expect(await tile(title)).toBe("");
    expect(await screen.item(title).locator(".tile svg").count()).toBe(1);
  }
});
