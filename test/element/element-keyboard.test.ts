// The element by the keyboard alone, and its output for screen readers.

import { expect, it } from "vitest";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const press = (...keys: string[]) =>
  keys.reduce(
    (before, key) => before.then(() => screen.page.keyboard.press(key)),
    Promise.resolve(),
  );
/** Returns the title of the focused row, or a name of the control with the focus. */
const focus = () =>
  screen.page.evaluate(() => {
    const root = document.querySelector("belfry-inbox")?.shadowRoot;
    const node = root?.activeElement ?? document.activeElement;
    const title = node?.localName === "article" && node.querySelector(".item-title")?.textContent;
    return title || node?.getAttribute("aria-label") || node?.textContent || node?.localName;
  });
const focusIs = (expected: string) => eventually(focus).toBe(expected);

const THREE = [
  titled("One"),
  titled("Two"),
  titled("Three", { category: "ci" }, { url: "/three" }),
];

it("Tab, Enter, the arrows, Home, End and Escape are enough for everything", async () => {
  await publish(stage, THREE);
  screen = await visit(stage);
  await eventually(() => screen.bell.getAttribute("aria-label")).toContain("3 unread");
  await press("Tab", "Enter");
  await focusIs("Notifications");
  await screen.item("One").waitFor();
  await press("Tab");
  await focusIs("Mark all as read");
  await press("Tab");
  await focusIs("All");
  await press("ArrowRight", "ArrowRight");
  await focusIs("ci");
  expect(await screen.items.count()).toBe(1);
  await press("ArrowRight");
  await focusIs("All");
  await press("End");
  await focusIs("ci");
  await press("Home", "Tab");
  await focusIs("Three");
  await press("ArrowDown");
  await focusIs("Two");
  await press("End");
  await focusIs("One");
  await press("ArrowDown");
  await focusIs("One");
  await press("Home");
  await focusIs("Three");
  await press("ArrowUp");
  await focusIs("Three");
  // Tab visits the controls of the focused row, and passes over those of the other rows.
  await press("Tab");
  await focusIs("Three");
  await press("Tab");
  await focusIs("Mark as read");
  await press("Tab");
  await focusIs("Archive");
  await press("Tab");
  await focusIs("Elsewhere");
  await press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab");
  await focusIs("Three");
  await press("Escape");
  await focusIs("Notifications, 3 unread");
  await screen.panel.waitFor({ state: "hidden" });
});

it("from the panel the arrow leads into the list, and Enter follows the link", async () => {
  await publish(stage, THREE);
  screen = await visit(stage);
  await screen.bell.focus();
  await press("Enter");
  await screen.item("Three").waitFor();
  await press("ArrowDown");
  await focusIs("Three");
  await press("Enter");
  await screen.page.waitForURL("**/three");
});

it("archiving moves the focus to the next row, and undo returns it to the list", async () => {
  await publish(stage, THREE);
  screen = await visit(stage);
  await screen.bell.focus();
  await press("Enter");
  await screen.item("Three").waitFor();
  await press("ArrowDown", "ArrowDown", "Tab", "Tab", "Tab");
  await focusIs("Archive");
  await press("Enter");
  await focusIs("One");
  await press("Tab", "Tab", "Tab", "Enter");
  await focusIs("Three");
  await press("Tab", "Tab", "Tab", "Enter");
  // The list is empty: the panel has the focus, so that Escape still works.
  await focusIs("Notifications");
  await screen.page.getByText("You’re all caught up").waitFor();
  await screen.page.getByRole("button", { name: "Undo" }).focus();
  await press("Enter");
  await screen.item("Three").waitFor();
  expect(await focus()).not.toBe("body");
  await press("Escape");
  await eventually(focus).toContain("Notifications");
});

it("right to left, the left arrow goes to the next tab", async () => {
  stage.site.html = pageOf(
    `<belfry-inbox url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`,
    'lang="ar" dir="rtl"',
  );
  await publish(stage, THREE);
  screen = await visit(stage);
  await screen.open();
  await screen.tab("All").focus();
  await press("ArrowLeft");
  await focusIs("Unread");
  await press("ArrowRight");
  await focusIs("All");
});

it("each row has its position, its name, and the word Unread for screen readers", async () => {
  await publish(stage, THREE);
  screen = await visit(stage);
  await screen.open();
  const row = screen.page.getByRole("article", { name: "Unread Two" });
  expect(await row.getAttribute("aria-posinset")).toBe("2");
  expect(await row.getAttribute("aria-setsize")).toBe("3");
  expect(await screen.page.getByRole("feed", { name: "Notifications" }).count()).toBe(1);
  expect(await screen.page.getByRole("dialog", { name: "Notifications" }).count()).toBe(1);
  await screen.page.getByRole("button", { name: "Mark all as read" }).click();
  await screen.page.getByRole("article", { name: "Two", exact: true }).waitFor();
});

it("arrivals are announced together, not one by one", async () => {
  screen = await visit(stage, {}, undefined, (page) => page.clock.install());
  await screen.loaded();
  const status = screen.page
    .locator("belfry-inbox > .hidden[role=status]")
    .or(screen.page.locator(".hidden[role=status]").last());
  const arrive = async (...titles: string[]) => {
    const total = (await screen.page.locator(".badge").textContent()) || "0";
    await publish(
      stage,
      titles.map((title) => titled(title)),
    );
    await eventually(() => screen.page.locator(".badge").textContent()).toBe(
      `${Number(total) + titles.length}`,
    );
  };
  await arrive("Build passed");
  expect(await status.textContent()).toBe("");
  await screen.page.clock.runFor(1_000);
  expect(await status.textContent()).toBe("New notification: Build passed");
  for (const title of ["A", "B", "C"]) await arrive(title);
  await screen.page.clock.runFor(4_000);
  expect(await status.textContent()).toBe("New notification: Build passed");
  await screen.page.clock.runFor(1_000);
  expect(await status.textContent()).toBe("3 new notifications");
});

it("the element keeps the focus when its labels are replaced", async () => {
  await publish(stage, THREE);
  screen = await visit(stage);
  const replace = async (title: string) => {
    await screen.host.evaluate((host, title) => Object.assign(host, { labels: { title } }), title);
    await screen.page.locator(`.panel[aria-label=${title}]`).waitFor({ state: "attached" });
  };
  await screen.bell.focus();
  await replace("Closed");
  expect(await screen.focused()).toContain("bell");
  await press("Enter");
  await screen.item("Two").focus();
  await replace("Open");
  expect(await screen.focused()).toContain("panel");
  await screen.host.evaluate((host) => host.setAttribute("inline", ""));
  await screen.item("Two").focus();
  await replace("Inline");
  expect(await screen.focused()).toContain("panel");
});

it("the announcement of a very long title is cut", async () => {
  screen = await visit(stage);
  await screen.loaded();
  await publish(stage, titled("word ".repeat(4_000)));
  const said = screen.page.getByText("New notification: word");
  await said.waitFor({ state: "attached" });
  expect((await said.textContent())?.length).toBeLessThan(2_100);
});

it("the live regions exist before their text changes", async () => {
  screen = await visit(stage);
  await screen.open();
  // One for the connection, one at the foot of the panel.
  expect(await screen.panel.getByRole("status").count()).toBe(2);
});

it("Alt with an arrow is left to the browser, which goes back or forward", async () => {
  screen = await visit(stage);
  await screen.open();
  await screen.tab("All").focus();
  await press("Alt+ArrowRight");
  expect(await screen.tab("All").getAttribute("aria-selected")).toBe("true");
});

it("right to left, a category in Latin letters stands next to its dot", async () => {
  stage.site.html = stage.site.html.replace('lang="en"', 'lang="ar" dir="rtl"');
  await publish(stage, THREE);
  screen = await visit(stage);
  await screen.open();
  const edges = await screen.page.locator(".category").evaluate((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [node.getBoundingClientRect().left, range.getBoundingClientRect().left];
  });
  expect(edges[0]).toBeCloseTo(edges[1] ?? 0, 0);
});
