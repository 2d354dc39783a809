// The panel's place: next to the bell and within the window at any zoom; on a phone it is a sheet with
// controls that a finger can hit.

import type { BrowserContextOptions, Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { pageOf } from "./app-site.ts";
import { ENGLISH } from "./samples.ts";
import { eventually, publish, type Screen, useStage, visit } from "./stage.ts";

const stage = useStage();

const WINDOW = { width: 900, height: 600 };
const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
/** Layout rounds to fractions of a pixel. */
const ROUND_PX = 1;

const tag = () => `<belfry-inbox url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`;

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error("it is not in view");
  return { ...box, right: box.x + box.width, bottom: box.y + box.height };
}

/** Adds these styles to the page in a sheet: its policy allows no `style` attribute. */
const styled = (css: string) => (page: Screen["page"]) =>
  page.addInitScript((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
  }, css);

async function opened(css: string, options: BrowserContextOptions = { viewport: WINDOW }) {
  await publish(stage, ENGLISH);
  const screen = await visit(stage, options, undefined, styled(css));
  await screen.open();
  await screen.items.first().waitFor();
  return screen;
}

async function expectInside(screen: Screen, { width, height } = WINDOW) {
  const panel = await boxOf(screen.panel);
  expect(panel.x).toBeGreaterThanOrEqual(0);
  expect(panel.y).toBeGreaterThanOrEqual(0);
  expect(panel.right).toBeLessThanOrEqual(width + ROUND_PX);
  expect(panel.bottom).toBeLessThanOrEqual(height + ROUND_PX);
  return panel;
}

describe.each([
  ["html", "html{zoom:0.5}", 0.5],
  ["html", "html{zoom:1.5}", 1.5],
  ["html", "html{zoom:2}", 2],
  ["body", "body{zoom:0.5}", 0.5],
  ["body", "body{zoom:1.5}", 1.5],
  ["an ancestor", "header{zoom:2}", 2],
  ["an ancestor in another", "body{zoom:1.5}header{zoom:0.8}", 1.2],
  ["the element", "belfry-inbox{zoom:1.5}", 1.5],
  ["a transform of html", "html{transform:scale(.8);transform-origin:0 0}", 1],
  ["a transform of an ancestor", "header{transform:scale(1.5);transform-origin:0 0;width:60%}", 1],
  ["a tall page", "main{height:3000px}", 1],
])("zoom of %s, %s", (_, css, zoom) => {
  it.each(["ltr", "rtl"])("%s: below the bell, and within the window", async (dir) => {
    stage.site.html = pageOf(tag(), `lang="en" dir="${dir}"`);
    const screen = await opened(css);
    const [bell, panel] = [await boxOf(screen.bell), await expectInside(screen)];
    expect(panel.y).toBeCloseTo(bell.bottom + 8 * zoom, -0.5);
    // The panel's end is aligned with the bell's end.
    if (dir === "ltr") expect(panel.right).toBeCloseTo(bell.right, -0.5);
    else expect(panel.x).toBeCloseTo(bell.x, -0.5);
    expect(panel.width).toBeCloseTo(408 * zoom, -0.5);
    await screen.page.screenshot({ path: `${SHOTS}/zoom-${css.replace(/\W+/g, "-")}-${dir}.png` });
  });
});

const SHOTS = `${import.meta.dirname}/screenshots`;

it("the panel of a bell at the foot of a zoomed page is above the bell", async () => {
  stage.site.html = pageOf("").replace("</main>", `</main><div class="aside">${tag()}</div>`);
  const screen = await opened("html{zoom:1.5}");
  const [bell, panel] = [await boxOf(screen.bell), await expectInside(screen)];
  expect(panel.bottom).toBeCloseTo(bell.y - 12, -0.5);
});

it("a page in quirks mode has the panel in the same place", async () => {
  stage.site.html = pageOf("")
    .replace("<!doctype html>", "")
    .replace("</main>", `</main><div class="aside">${tag()}</div>`);
  const screen = await opened("main{height:3000px}");
  expect(await screen.page.evaluate(() => document.compatMode)).toBe("BackCompat");
  const [bell, panel] = [await boxOf(screen.bell), await expectInside(screen)];
  expect(panel.bottom).toBeCloseTo(bell.y - 8, -0.5);
});

it("opened while its bell is scrolled out of view, the panel is within the window", async () => {
  stage.site.html = pageOf("").replace("</main>", `<div class="far"></div>${tag()}</main>`);
  await publish(stage, ENGLISH);
  const css = ".far{height:3000px}main{padding-bottom:3000px}";
  const screen = await visit(stage, { viewport: WINDOW }, undefined, styled(css));
  await screen.loaded();
  const open = (open: boolean) =>
    screen.host.evaluate((host, open) => Object.assign(host, { open }), open);
  // The bell is below the window, then above it.
  for (const y of [0, 5_000]) {
    await screen.page.evaluate((y) => scrollTo(0, y), y);
    await open(true);
    await screen.items.first().waitFor();
    expect((await expectInside(screen)).height).toBeGreaterThan(200);
    await open(false);
  }
});

describe("on a phone", () => {
  it("it is a sheet at the foot of the window, and its button closes it", async () => {
    const screen = await opened("", PHONE);
    const panel = await boxOf(screen.panel);
    expect([panel.x, panel.width]).toEqual([0, 360]);
    expect(panel.bottom).toBeCloseTo(640, 0);
    expect(panel.y).toBeGreaterThan(60);
    const close = screen.panel.getByRole("button", { name: "Close", exact: true });
    await close.tap();
    await screen.panel.waitFor({ state: "hidden" });
    expect(await screen.focused()).toContain("bell");
    // The keyboard closes it, too.
    await screen.page.keyboard.press("Enter");
    await close.focus();
    await screen.page.keyboard.press("Enter");
    await screen.panel.waitFor({ state: "hidden" });
  });

  it("in a zoomed page it is a sheet, too", async () => {
    const screen = await opened("html{zoom:1.5}", PHONE);
    const panel = await expectInside(screen, PHONE.viewport);
    expect(panel.width).toBeCloseTo(360, 0);
    expect(panel.y).toBeGreaterThan(60);
  });

  it("inline it is no sheet, and has no close button", async () => {
    await publish(stage, ENGLISH);
    stage.site.html = pageOf("").replace(
      "</main>",
      `${tag().replace("<belfry-inbox", "<belfry-inbox inline")}</main>`,
    );
    const screen = await visit(stage, PHONE);
    await screen.items.first().waitFor();
    expect((await boxOf(screen.panel)).width).toBe(360 - 48);
    expect(await screen.panel.getByRole("button", { name: "Close" }).count()).toBe(0);
  });

  it("each control has 44 pixels for a finger", async () => {
    const screen = await opened("", PHONE);
    await screen.tab("Unread").tap();
    await screen.items.first().getByRole("button", { name: "Archive" }).tap();
    await screen.page.getByRole("button", { name: "Undo" }).waitFor();
    await screen.page.locator(".scroller").evaluate((node) => {
      node.scrollTop = 300;
    });
    await publish(stage, ENGLISH.slice(0, 1));
    await screen.page.locator(".pill").waitFor();
    expect(await small(screen)).toEqual([]);
    // Touch cannot hover, so the tools of each row are visible.
    const tools = screen.page.locator(".tools");
    expect(
      await tools.evaluateAll((all) => all.map((one) => getComputedStyle(one).opacity)),
    ).not.toContain("0");
    await screen.panel.getByRole("button", { name: "Close" }).tap();
    await publish(stage, ENGLISH.slice(-2));
    await eventually(() => screen.toasts.count()).toBe(2);
    expect(await small(screen)).toEqual([]);
    stage.proxy.point(null);
  });

  it("the button that tries again has 44 pixels, too", async () => {
    stage.site.user = null;
    const screen = await visit(stage, PHONE);
    await screen.bell.tap();
    await screen.page.getByRole("button", { name: "Try again" }).waitFor();
    expect(await small(screen)).toEqual([]);
  });
});

/** Returns the visible controls under 44 pixels in width or height; a title counts as its whole row. */
const small = (screen: Screen) =>
  screen.host.evaluate((host) => {
    const controls = host.shadowRoot?.querySelectorAll("button, a") ?? [];
    return [...controls]
      .filter((one) => one.checkVisibility() && !one.matches(".link"))
      .filter((one) => {
        const { width, height } = one.getBoundingClientRect();
        return width < 44 || height < 44;
      })
      .map((one) => `${one.className} ${one.textContent}`);
  });

it("marking all as read has a text button, and a mouse gets smaller controls", async () => {
  const screen = await opened("");
  const all = screen.panel.getByRole("button", { name: "Mark all as read", exact: true });
  expect(await all.textContent()).toBe("Mark all as read");
  expect((await boxOf(all)).height).toBeLessThan(40);
  expect(await screen.panel.getByRole("button", { name: "Close" }).count()).toBe(0);
  await all.click();
  await eventually(() => screen.bell.getAttribute("aria-label")).toBe("Notifications");
  expect(await all.getAttribute("aria-disabled")).toBe("true");
});
