// The tabs: their names, and that each can be reached.

import { expect, it } from "vitest";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();

const tabs = (screen: Screen) => screen.page.getByRole("tab").allTextContents();
const tabsAre = (screen: Screen, ...names: string[]) =>
  eventually(() => tabs(screen)).toEqual(["All", "Unread", ...names]);
const name = (screen: Screen, categories: string | null) =>
  screen.host.evaluate((host, categories) => {
    if (categories === null) host.removeAttribute("categories");
    else host.setAttribute("categories", categories);
  }, categories);
const chosen = (screen: Screen) =>
  screen.page.locator("[role=tab][aria-selected=true]").allTextContents();
const titles = (screen: Screen) => screen.page.locator(".item-title").allTextContents();

const LIST = [
  titled("Invoice", { category: "billing" }),
  titled("Build", { category: "ci" }),
  titled("Blank", { category: "\u200b" }),
];
const TWENTY = Array.from({ length: 20 }, (_, i) => `category-${i}`);

it("categories that are added, removed and reordered are applied at once", async () => {
  await publish(stage, LIST);
  const screen = await visit(stage);
  await screen.open();
  // Without the attribute: the categories in the inbox, but no blank ones.
  await tabsAre(screen, "billing", "ci");
  await name(screen, "ci,chat");
  await tabsAre(screen, "ci", "chat");
  await name(screen, "chat, ci, billing, ci");
  await tabsAre(screen, "chat", "ci", "billing");
  await name(screen, "");
  await tabsAre(screen);
  await name(screen, null);
  await tabsAre(screen, "billing", "ci");
});

it("when the chosen tab is removed, the tab All is chosen and has the focus", async () => {
  await publish(stage, LIST);
  const screen = await visit(stage);
  await screen.open();
  await screen.tab("ci").click();
  await eventually(() => titles(screen)).toEqual(["Build"]);
  await name(screen, "ci,billing");
  await tabsAre(screen, "ci", "billing");
  expect(await chosen(screen)).toEqual(["ci"]);
  expect(await screen.focused()).toBe("tab ci");
  await name(screen, "billing");
  await tabsAre(screen, "billing");
  expect(await chosen(screen)).toEqual(["All"]);
  expect(await screen.focused()).toBe("tab All");
  await eventually(() => titles(screen)).toEqual(["Blank", "Build", "Invoice"]);
});

it("a tab for a new category moves nothing in view", async () => {
  await publish(
    stage,
    Array.from({ length: 30 }, (_, i) => titled(`Item ${i}.`, { category: "ci" })),
  );
  const screen = await visit(stage);
  await screen.open();
  await screen.tab("ci").click();
  await screen.page.locator(".scroller").evaluate((node) => {
    node.scrollTop = 500;
  });
  const before = (await screen.item("Item 20.").boundingBox())?.y;
  await publish(stage, titled("Comment", { category: "comments" }));
  await tabsAre(screen, "ci", "comments");
  expect((await screen.item("Item 20.").boundingBox())?.y).toBe(before);
  expect(await screen.focused()).toBe("tab ci");
});

/** Returns whether a click on the middle of a tab would hit it: nothing covers it or cuts it off. */
const isReached = (screen: Screen, tab: string) =>
  screen.tab(tab).evaluate((node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const root = node.getRootNode() as ShadowRoot;
    return root.elementFromPoint(left + width / 2, top + height / 2) === node;
  });

it("20 categories are reached by a mouse, its wheel, and the keyboard", async () => {
  const named = `categories="${TWENTY.join()}"`;
  stage.site.html = stage.site.html.replace("></belfry", ` ${named}></belfry`);
  await publish(stage, LIST);
  const screen = await visit(stage);
  await screen.open();
  // About fifteen are in view; the wheel scrolls to the others.
  expect(await isReached(screen, "category-8")).toBe(true);
  await screen.tab("All").hover();
  await screen.page.mouse.wheel(0, 1_000);
  await eventually(() => isReached(screen, "category-19")).toBe(true);
  await screen.tab("category-19").click();
  expect(await chosen(screen)).toEqual(["category-19"]);
  await screen.page.keyboard.press("Home");
  await eventually(() => isReached(screen, "All")).toBe(true);
  await screen.page.keyboard.press("End");
  await eventually(() => isReached(screen, "category-19")).toBe(true);
  // The tabs must leave room for the list.
  expect((await screen.page.locator(".main").boundingBox())?.height).toBeGreaterThan(100);
});

it("20 categories are reached by touch", async () => {
  stage.site.html = pageOf(
    `<belfry-inbox url="${stage.proxy.url}" token-url="/token" categories="${TWENTY.join()}"></belfry-inbox>`,
  );
  const screen = await visit(stage, {
    viewport: { width: 360, height: 640 },
    hasTouch: true,
    isMobile: true,
  });
  await screen.bell.tap();
  const box = await screen.page.locator(".tabs").boundingBox();
  const touch = await screen.context.newCDPSession(screen.page);
  // Each swipe goes up by eighty pixels.
  for (const _ of [1, 2, 3, 4, 5]) {
    const [x, y] = [(box?.x ?? 0) + 150, (box?.y ?? 0) + 95];
    const at = (type: "touchStart" | "touchMove", up: number) =>
      touch.send("Input.dispatchTouchEvent", { type, touchPoints: [{ x, y: y - up }] });
    await at("touchStart", 0);
    for (const up of [20, 40, 60, 80]) await at("touchMove", up);
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  }
  await eventually(() => isReached(screen, "category-19")).toBe(true);
  await screen.tab("category-19").tap();
  expect(await chosen(screen)).toEqual(["category-19"]);
});

it("the button that leads up covers no tab", async () => {
  await publish(
    stage,
    Array.from({ length: 30 }, (_, i) => titled(`Item ${i}.`, { category: `c${i % 9}` })),
  );
  const screen = await visit(stage);
  await screen.open();
  await screen.page.locator(".scroller").evaluate((node) => {
    node.scrollTop = 500;
  });
  await publish(stage, titled("Newest"));
  await screen.page.locator(".pill").waitFor();
  const [pill, row] = [
    await screen.page.locator(".pill").boundingBox(),
    await screen.page.locator(".tabs").boundingBox(),
  ];
  expect(pill?.y).toBeGreaterThanOrEqual((row?.y ?? 0) + (row?.height ?? 0));
});
