// The days of the list, by the reader's calendar and the hub's clock.

import { expect, it } from "vitest";
import { dated, giveInbox, inlinePage } from "./own-inbox.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();

/** Returns the headings, each with the number of notifications under it. */
const days = (screen: Screen) =>
  screen.items.evaluateAll((items) => {
    const found: [string, number][] = [];
    for (const item of items) {
      const heading = item.querySelector("h3")?.textContent;
      if (heading) found.push([heading, 0]);
      const last = found.at(-1);
      if (last) last[1] += 1;
    }
    return found;
  });
const ages = (screen: Screen) => screen.page.locator("time").allTextContents();

// 00:10 on Friday in New York.
const NOW = "2026-11-20T05:10:00Z";
const LIST = [
  dated(9, "2026-11-20T05:05:00Z"),
  dated(8, "2026-11-20T04:50:00Z"),
  dated(7, "2026-11-20T01:00:00Z"),
  dated(6, "2026-11-19T05:00:00Z"),
  dated(5, "2026-11-19T04:59:00Z"),
  dated(4, "2026-11-12T17:00:00Z"),
];

const show = async (options: object, now = NOW) => {
  inlinePage(stage);
  // The device's clock is two days ahead: the days must follow the hub's clock.
  const time = Date.parse(now) + 48 * 3_600_000;
  const screen = await visit(stage, options, undefined, (page) => page.clock.install({ time }));
  await giveInbox(screen, { messages: LIST, now: Date.parse(now) });
  await screen.items.first().waitFor();
  return screen;
};

it("each day has its heading, by the reader's midnight", async () => {
  const screen = await show({ timezoneId: "America/New_York" });
  expect(await days(screen)).toEqual([
    ["today", 1],
    ["yesterday", 3],
    ["Wednesday, November 18, 2026", 1],
    ["Thursday, November 12, 2026", 1],
  ]);
  expect((await ages(screen)).slice(0, 5)).toEqual([
    "5m ago",
    "20m ago",
    "yesterday",
    "yesterday",
    "2d ago",
  ]);
  expect((await ages(screen))[5]).toContain("Nov 12, 2026");
});

it("in another time zone the same hour belongs to another day", async () => {
  const screen = await show({ timezoneId: "Asia/Tokyo" });
  expect(await days(screen)).toEqual([
    ["today", 3],
    ["yesterday", 2],
    ["Friday, November 13, 2026", 1],
  ]);
  expect((await ages(screen)).slice(0, 4)).toEqual(["5m ago", "20m ago", "4h ago", "yesterday"]);
});

it("the headings change by themselves at midnight", async () => {
  const screen = await show({ timezoneId: "America/New_York" }, "2026-11-20T04:59:50Z");
  expect((await days(screen))[0]).toEqual(["today", 4]);
  await giveInbox(screen, { messages: LIST, now: Date.parse("2026-11-20T05:00:20Z") });
  await screen.page.clock.runFor(31_000);
  await eventually(() => days(screen)).toContainEqual(["yesterday", 3]);
});

it("a heading is read out with its first notification, and does not count as one", async () => {
  inlinePage(stage, `url="${stage.proxy.url}" token-url="/token"`);
  await publish(stage, [titled("One"), titled("Two")]);
  const screen = await visit(stage);
  await screen.item("Two").waitFor();
  const feed = screen.page.getByRole("feed", { name: "Notifications" });
  expect(await feed.getByRole("heading", { name: "today", level: 3 }).count()).toBe(1);
  const described = await screen.item("Two").evaluate((item) => {
    const ids = item.getAttribute("aria-describedby")?.split(" ") ?? [];
    const root = item.getRootNode() as ShadowRoot;
    return ids.map((id) => root.getElementById(id)?.textContent).join(" ");
  });
  expect(described).toContain("today");
  const [heading, row] = [await feed.getByRole("heading").boundingBox(), await box(screen, "Two")];
  expect((heading?.y ?? 0) + (heading?.height ?? 0)).toBeLessThanOrEqual(row.y);
  // A click on the heading must not open the notification under it.
  await screen.page.mouse.click((heading?.x ?? 0) + 8, (heading?.y ?? 0) + 8);
  expect(await screen.item("Two").getAttribute("class")).toContain("unread");
});

const box = async (screen: Screen, title: string) => {
  const found = await screen.item(title).boundingBox();
  if (!found) throw new Error(`${title} is not in view`);
  return found;
};

it("nothing moves when a notification arrives above and takes over the heading", async () => {
  const list = Array.from({ length: 30 }, (_, i) => titled(`Item ${i}.`));
  await publish(stage, list);
  const screen = await visit(stage);
  await screen.open();
  await screen.item("Item 29.").focus();
  const before = await box(screen, "Item 29.");
  await publish(stage, titled("Newest"));
  await screen.item("Newest").waitFor({ state: "attached" });
  expect(await days(screen)).toEqual([["today", 31]]);
  expect((await box(screen, "Item 29.")).y).toBeCloseTo(before.y, 0);
  expect(await screen.focused()).toContain("Item 29.");
  // The Home key scrolls to the heading above the first notification, too.
  await screen.page.keyboard.press("Home");
  await eventually(() => screen.page.locator(".scroller").evaluate((node) => node.scrollTop)).toBe(
    0,
  );
});
