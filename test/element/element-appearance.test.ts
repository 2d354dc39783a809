// The element's appearance in each state: axe finds no violation, and test/element/screenshots has a
// picture of it for people to look at.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { dated, giveInbox } from "./own-inbox.ts";
import { ENGLISH, HEBREW, HEBREW_LABELS } from "./samples.ts";
import { eventually, forget, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const SHOTS = join(import.meta.dirname, "screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WINDOW = { width: 900, height: 760 };
const HOUR_MS = 3_600_000;

const stage = useStage();

/** Erases the inbox, publishes a list, and marks messages up to the offset `upTo` as read. */
async function seed(list: object[], upTo = 3): Promise<void> {
  await forget(stage);
  const { results } = (await publish(stage, list)).json;
  const marks = { epoch: results[0].epoch, up_to: upTo, read: true };
  await call(stage.hub.url, "PATCH", "/v1/users/ada/notifications", marks);
}

const later = (hours: number) => (page: Screen["page"]) =>
  page.clock.install({ time: Date.now() + hours * HOUR_MS });

async function check(screen: Screen, name: string): Promise<void> {
  // In the middle of an animation the picture and axe's colours would be those of a passing state.
  await screen.page.evaluate(() =>
    Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))),
  );
  await screen.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  if (!(await screen.page.evaluate("'axe' in window"))) await screen.page.evaluate(AXE);
  // Only violations list their nodes: the nodes of passed rules would double the work.
  const results = (await screen.page.evaluate(
    `axe.run({
      runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'],
      resultTypes: ['violations'],
    })`,
  )) as AxeResults;
  const found = results.violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  }));
  expect(found, name).toEqual([]);
  // Colours under an overlay stay undecided by axe: the screenshots are for those.
  expect(results.passes.length).toBeGreaterThan(10);
}

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

describe.each([
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["forced-colors", { forcedColors: "active" }],
  ["forced-colors-dark", { forcedColors: "active", colorScheme: "dark" }],
  ["phone", PHONE],
] satisfies [string, BrowserContextOptions][])("%s", (name, options) => {
  const look = (prepare?: (page: Screen["page"]) => Promise<unknown>) =>
    visit(stage, { viewport: WINDOW, ...options }, undefined, prepare);

  it("feed", async () => {
    await seed(ENGLISH);
    const screen = await look(later(3));
    await screen.open();
    await screen.item("Deployed").waitFor();
    await screen.page.mouse.move(5, 300);
    await check(screen, `${name}-feed`);
    await screen.item("Invoice").focus();
    await screen.page.keyboard.press("ArrowUp");
    await check(screen, `${name}-focus`);
  });

  it("archived, further down", async () => {
    await seed(ENGLISH);
    const screen = await look();
    await screen.open();
    await screen.page.locator(".scroller").evaluate((node) => {
      node.scrollTop = 200;
    });
    await publish(stage, titled("New above"));
    await screen.page.locator(".pill").waitFor();
    await screen.item("Build 117").getByRole("button", { name: "Archive" }).focus();
    await screen.page.keyboard.press("Enter");
    await screen.page.getByText("Archived").waitFor();
    await check(screen, `${name}-archived`);
  });

  it("empty", async () => {
    const screen = await look();
    await screen.open();
    await check(screen, `${name}-empty`);
  });

  it("toasts", async () => {
    const screen = await look();
    await screen.loaded();
    await publish(stage, ENGLISH.slice(-3));
    await eventually(() => screen.toasts.count()).toBe(3);
    await check(screen, `${name}-toasts`);
  });
});

describe.each(["light", "dark"] as const)("%s, when the hub is not there:", (colorScheme) => {
  const look = () => visit(stage, { viewport: WINDOW, colorScheme });

  it("disconnected", async () => {
    await seed(ENGLISH);
    const screen = await look();
    await screen.open();
    stage.proxy.point(null);
    await screen.page.locator(".banner").waitFor();
    await check(screen, `${colorScheme}-disconnected`);
  });

  it("loading", async () => {
    stage.proxy.point(null);
    const screen = await look();
    await screen.bell.click();
    await screen.page.locator(".loading").waitFor();
    await screen.page.locator(".banner").waitFor();
    await check(screen, `${colorScheme}-loading`);
  });

  it("signed out", async () => {
    stage.site.user = null;
    const screen = await look();
    await screen.bell.click();
    await screen.page.getByRole("button", { name: "Try again" }).waitFor();
    await check(screen, `${colorScheme}-signed-out`);
  });
});

describe.each(["light", "dark"] as const)("right to left, %s", (colorScheme) => {
  it("feed and toasts", async () => {
    await seed(HEBREW, 1);
    stage.site.html = pageOf(
      `<belfry-inbox url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`,
      'lang="he" dir="rtl"',
    );
    const screen = await visit(stage, { viewport: WINDOW, colorScheme }, undefined, later(3));
    await screen.host.evaluate((host, labels) => Object.assign(host, { labels }), HEBREW_LABELS);
    await screen.open();
    await screen.item("Build 118").waitFor();
    await screen.item("Build 118").focus();
    await screen.page.keyboard.press("ArrowUp");
    await check(screen, `rtl-${colorScheme}-feed`);
    await screen.page.keyboard.press("Escape");
    await publish(stage, HEBREW);
    await eventually(() => screen.toasts.count()).toBe(3);
    await check(screen, `rtl-${colorScheme}-toasts`);
  });
});

/** Notifications of today, of yesterday and of an earlier day, for a clock that stands at noon. */
const DAYS = [
  ["2026-11-20T11:00:00Z", "Deployed to production"],
  ["2026-11-20T09:30:00Z", "\u200b"],
  ["2026-11-19T18:00:00Z", "Build 118 failed"],
  ["2026-11-16T08:00:00Z", "Invoice 2026-018 is due"],
] as const;
const TABS = Array.from({ length: 20 }, (_, i) => `category ${i}`).join();

it.each([
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", PHONE],
] satisfies [string, BrowserContextOptions][])(
  "days and twenty tabs, %s",
  async (name, options) => {
    stage.site.html = pageOf(`<belfry-inbox categories="${TABS}"></belfry-inbox>`);
    const screen = await visit(stage, { viewport: WINDOW, timezoneId: "UTC", ...options });
    await giveInbox(screen, {
      now: Date.parse("2026-11-20T12:00:00Z"),
      messages: DAYS.map(([time, title], i) =>
        dated(9 - i, time, { notification: { title }, read_at: i > 1 ? time : null }),
      ),
    });
    await screen.open();
    await screen.item("Deployed").waitFor();
    await check(screen, `days-${name}`);
  },
);

it("inline, and with another theme", async () => {
  await seed(ENGLISH);
  const at = `url="${stage.proxy.url}" token-url="/token" no-toasts`;
  stage.site.html = pageOf(`<belfry-inbox ${at}></belfry-inbox>`).replace(
    "</main>",
    `<br><br><belfry-inbox inline class="themed" ${at}></belfry-inbox></main>`,
  );
  const screen = await visit(stage, { viewport: WINDOW }, undefined, later(50));
  await screen.page.getByText("Deployed to production").waitFor();
  await check(screen, "inline");
});

it("hostile texts", async () => {
  await seed(
    [
      titled("W".repeat(500), { category: "x".repeat(200) }, { body: "😀".repeat(3_000) }),
      titled(
        "‮gnp.exe",
        {},
        {
          body: "‮‮ override",
          actions: Array.from({ length: 10 }, (_, i) => ({ action: `${i}`, title: `Action ${i}` })),
        },
      ),
      titled(
        "A\nB\nC\nD\nE",
        {},
        { body: `${"line\n".repeat(20)}`, image: "/picture.svg", icon: "/nothing" },
      ),
    ],
    1,
  );
  const screen = await visit(stage, { viewport: WINDOW });
  await screen.open();
  await screen.page.locator(".image").waitFor();
  await check(screen, "hostile");
});

it("a bell at the foot and at the start of the page", async () => {
  await seed(ENGLISH);
  stage.site.html = pageOf("").replace(
    "</main>",
    `</main><div class="aside"><belfry-inbox url="${stage.proxy.url}" token-url="/token"></belfry-inbox></div>`,
  );
  const screen = await visit(stage, { viewport: WINDOW });
  await screen.open();
  await check(screen, "foot");
  const [bell, panel] = [await screen.bell.boundingBox(), await screen.panel.boundingBox()];
  expect((panel?.y ?? 0) + (panel?.height ?? 0)).toBeLessThanOrEqual(bell?.y ?? 0);
  expect(panel?.x).toBeGreaterThanOrEqual(8);
});
