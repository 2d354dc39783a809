// Changes while a person is looking: nothing in view moves, and all tabs agree.

import { describe, expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const INBOX = "/v1/users/ada/notifications";

const stage = useStage({ INBOX_MESSAGES_MAX: "2000" });

const many = (count: number, from = 1) =>
  publish(
    stage,
    Array.from({ length: count }, (_, i) => titled(`Item ${from + i}.`)),
  );
const top = async (screen: Screen, title: string) =>
  Math.round((await screen.item(title).boundingBox())?.y ?? Number.NaN);
const scrollTo = (screen: Screen, y: number) =>
  screen.page.locator(".scroller").evaluate((node, y) => {
    node.scrollTop = y;
  }, y);
const scrolled = (screen: Screen) =>
  screen.page.locator(".scroller").evaluate((node) => node.scrollTop);
const first = (screen: Screen) => screen.page.locator(".item-title").first().textContent();
const focused = (screen: Screen) =>
  screen.page.evaluate(() => {
    const active = document.querySelector("belfry-inbox")?.shadowRoot?.activeElement;
    return active?.closest("article")?.querySelector(".item-title")?.textContent ?? null;
  });

describe("insertion", () => {
  it("at the top, arrivals are shown at once", async () => {
    await many(20);
    const screen = await visit(stage);
    await screen.open();
    await screen.page.mouse.move(5, 400);
    await publish(stage, titled("Newest"));
    await eventually(() => first(screen)).toBe("Newest");
    expect(await scrolled(screen)).toBe(0);
    expect(await screen.page.locator(".pill").isVisible()).toBe(false);
  });

  it("further down, nothing moves, and a button leads up", async () => {
    await many(30);
    const screen = await visit(stage);
    await screen.open();
    await scrollTo(screen, 500);
    const before = await top(screen, "Item 20.");
    for (const title of ["New 1", "New 2"]) await publish(stage, titled(title));
    await eventually(() => first(screen)).toBe("New 2");
    expect(await top(screen, "Item 20.")).toBe(before);
    const pill = screen.page.getByRole("button", { name: "2 new", exact: true });
    await pill.click();
    await pill.waitFor({ state: "hidden" });
    expect(await scrolled(screen)).toBe(0);
    expect(await focused(screen)).toBe("New 2");
  });

  it("nothing slips away under a pointer that rests on the list", async () => {
    await many(30);
    const screen = await visit(stage);
    await screen.open();
    await screen.item("Item 29.").hover();
    const before = await top(screen, "Item 29.");
    await publish(stage, titled("Newest"));
    await eventually(() => first(screen)).toBe("Newest");
    expect(await top(screen, "Item 29.")).toBe(before);
  });
});

it("opened again, the list starts at the top, with the new notifications", async () => {
  await many(30);
  const screen = await visit(stage);
  await screen.open();
  await scrollTo(screen, 500);
  await screen.page.keyboard.press("Escape");
  await screen.panel.waitFor({ state: "hidden" });
  await publish(stage, titled("Newest"));
  await eventually(() => screen.bell.getAttribute("aria-label")).toContain("31 unread");
  await screen.bell.click();
  await eventually(() => first(screen)).toBe("Newest");
  expect(await scrolled(screen)).toBe(0);
});

it("a picture that comes with a notification above moves nothing", async () => {
  await many(30);
  const screen = await visit(stage);
  await screen.open();
  await scrollTo(screen, 500);
  const before = await top(screen, "Item 20.");
  await publish(stage, titled("Picture", {}, { image: "/picture.svg" }));
  const image = screen.page.locator(".image");
  await eventually(() =>
    image.evaluate((node) => (node as HTMLImageElement).naturalWidth > 0),
  ).toBe(true);
  expect(await top(screen, "Item 20.")).toBe(before);
});

it("a tab loads pages until it finds its notifications", async () => {
  const { epoch } = (await many(160)).json.results[0];
  const offsets = Array.from({ length: 159 }, (_, i) => i + 2);
  await call(stage.hub.url, "PATCH", INBOX, { epoch, offsets, read: true });
  const screen = await visit(stage);
  await screen.open();
  await screen.tab("Unread").click();
  expect(await screen.page.getByText("Nothing here").isVisible()).toBe(false);
  await screen.item("Item 1.").waitFor();
});

describe("focus", () => {
  it("stays where it is when others arrive, leave and change", async () => {
    const { results } = (await many(10)).json;
    const { epoch } = results[0];
    const screen = await visit(stage);
    await screen.open();
    await screen.item("Item 5.").focus();
    await publish(stage, titled("New"));
    await call(stage.hub.url, "DELETE", `${INBOX}/6`);
    await call(stage.hub.url, "PATCH", INBOX, { epoch, offsets: [4, 5], read: true });
    await call(stage.hub.url, "PATCH", INBOX, { epoch, offsets: [7], archived: true });
    await eventually(() => screen.items.count()).toBe(9);
    await eventually(() => screen.item("Item 5.").getAttribute("class")).toBe("item");
    expect(await focused(screen)).toBe("Item 5.");
  });

  it("moves to the next row when its own row leaves, at the end to the row before", async () => {
    await many(4);
    const screen = await visit(stage);
    await screen.open();
    await screen.item("Item 2.").getByRole("button", { name: "Archive" }).focus();
    await call(stage.hub.url, "DELETE", `${INBOX}/2`);
    await eventually(() => focused(screen)).toBe("Item 1.");
    await call(stage.hub.url, "DELETE", `${INBOX}/1`);
    await eventually(() => focused(screen)).toBe("Item 3.");
  });

  it("moves to the newest row when scrolling hides the button that leads up", async () => {
    await many(30);
    const screen = await visit(stage);
    await screen.open();
    await scrollTo(screen, 500);
    await publish(stage, titled("Newest"));
    const pill = screen.page.getByRole("button", { name: "1 new", exact: true });
    await pill.focus();
    await scrollTo(screen, 0);
    await pill.waitFor({ state: "hidden" });
    expect(await focused(screen)).toBe("Newest");
  });

  it("moves to the panel when the whole inbox is archived", async () => {
    await many(4);
    const screen = await visit(stage);
    await screen.open();
    await screen.item("Item 2.").focus();
    await call(stage.hub.url, "PATCH", INBOX, {
      epoch: (await call(stage.hub.url, "GET", INBOX)).json.cursor.split(":")[0],
      offsets: [1, 2, 3, 4],
      archived: true,
    });
    await screen.page.getByText("You’re all caught up").waitFor();
    expect(await screen.focused()).toContain("panel");
  });
});

it("two tabs agree", async () => {
  await many(3);
  const one = await visit(stage);
  const two = await visit(stage, {}, one.context);
  await one.open();
  await two.page.bringToFront();
  await two.open();
  const bells = () => Promise.all([one, two].map(({ bell }) => bell.getAttribute("aria-label")));
  const titles = () =>
    Promise.all([one, two].map(({ page }) => page.locator(".item-title").allTextContents()));
  await two.item("Item 2.").hover();
  await two.item("Item 2.").getByRole("button", { name: "Archive" }).click();
  await eventually(titles).toEqual(Array(2).fill(["Item 3.", "Item 1."]));
  await eventually(bells).toEqual(Array(2).fill("Notifications, 2 unread"));
  await two.page.getByRole("button", { name: "Undo" }).click();
  await eventually(titles).toEqual(Array(2).fill(["Item 3.", "Item 2.", "Item 1."]));
  await one.page.bringToFront();
  await one.page.getByRole("button", { name: "Mark all as read" }).click();
  await eventually(bells).toEqual(Array(2).fill("Notifications"));
  await publish(stage, titled("Both"));
  await eventually(titles).toEqual(Array(2).fill(["Both", "Item 3.", "Item 2.", "Item 1."]));
});

it("1,000 notifications are loaded page by page, and stay quick", async () => {
  await many(1_000);
  const screen = await visit(stage);
  await screen.open();
  expect(await screen.items.count()).toBe(50);
  expect(await screen.items.first().getAttribute("aria-setsize")).toBe("1000");
  const more = screen.page.getByRole("button", { name: "Load more" });
  // The button disappears at the end of the list: the focus it got here must move to a row then.
  await more.focus();
  await screen.page.keyboard.press("Enter");
  await eventually(() => screen.items.count()).toBeGreaterThanOrEqual(100);
  // Scrolling down loads all the other pages.
  await eventually(async () => {
    await screen.page.locator(".scroller").evaluate((node) => {
      node.scrollTop = node.scrollHeight;
    });
    return screen.items.count();
  }).toBe(1_000);
  await more.waitFor({ state: "hidden" });
  expect(await screen.focused()).not.toContain("body");
  expect(await screen.items.last().getAttribute("aria-posinset")).toBe("1000");

  const before = await top(screen, "Item 1.");
  await publish(stage, titled("Newest"));
  await eventually(() => first(screen)).toBe("Newest");
  expect(await top(screen, "Item 1.")).toBe(before);
  const ms = await screen.page.evaluate(async () => {
    const root = document.querySelector("belfry-inbox")?.shadowRoot;
    const button = root?.querySelector<HTMLElement>(".mark-all");
    const from = performance.now();
    button?.click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - from;
  });
  expect(ms).toBeLessThan(1_000);
  await eventually(() => screen.bell.getAttribute("aria-label")).toBe("Notifications");
});
