// The set-up of the element's tests: a browser, a hub behind a proxy, the site, and pages that fail the
// test on any error.

import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from "vitest";
import { launchBrowser } from "../examples/browser.ts";
import { startProxy, type TcpProxy } from "../examples/proxy.ts";
import { type Answer, call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { type Site, startSite } from "./app-site.ts";

export interface Stage {
  browser: Browser;
  proxy: TcpProxy;
  site: Site;
  hub: Hub;
  /** The pages of the running test. */
  screens: Screen[];
}

/**
 * Starts the set-up of a test file. Each test begins with an empty inbox and the original page; all its
 * pages are closed after it.
 */
export function useStage(vars: Record<string, string> = {}): Stage {
  const stage = { screens: [] as Screen[] } as Stage;
  let plain: Pick<Site, "html" | "user" | "tokenSeconds">;

  beforeAll(async () => {
    const [browser, proxy] = await Promise.all([launchBrowser(), startProxy()]);
    const site = await startSite(proxy.url);
    const hub = await startHub(inject("bundle"), { ALLOWED_ORIGINS: site.origin, ...vars });
    proxy.point(hub.url);
    const { html, user, tokenSeconds } = site;
    plain = { html, user, tokenSeconds };
    Object.assign(stage, { browser, proxy, site, hub });
  });
  beforeEach(() => forget(stage));
  afterEach(async () => {
    Object.assign(stage.site, plain);
    // The newest first: it may use the context of an older one.
    for (const screen of stage.screens.splice(0).reverse()) await screen.leave();
    stage.proxy.point(stage.hub.url);
  });
  afterAll(async () => {
    await stage.browser.close();
    stage.site.stop();
    stage.proxy.stop();
    await stage.hub.stop();
  });
  return stage;
}

/** One page with the element, and locators for its parts. */
export interface Screen {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly host: Locator;
  readonly bell: Locator;
  readonly panel: Locator;
  readonly items: Locator;
  item(title: string): Locator;
  tab(name: string): Locator;
  toasts: Locator;
  /** Waits until the inbox is loaded: messages after that are arrivals. */
  loaded(): Promise<void>;
  /** Opens the inbox, and waits until it is loaded. */
  open(): Promise<void>;
  /** Returns the class and label of the focused node, inside the element or outside. */
  focused(): Promise<string>;
  /** Closes the page; fails if it had an error, such as a refusal by its policy. */
  leave(): Promise<void>;
}

/** Console errors about a server that is away, or that sends no CORS headers: tests cause these. */
const EXPECTED = /WebSocket connection to|Failed to load resource|blocked by CORS policy/;

export async function visit(
  stage: Stage,
  options: Parameters<Browser["newContext"]>[0] = {},
  shared?: BrowserContext,
  prepare: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<Screen> {
  const context =
    shared ?? (await stage.browser.newContext({ reducedMotion: "reduce", ...options }));
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text()))
      complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    addEventListener("belfry-counts", ({ target }) => {
      for (const node of [document.documentElement, target as HTMLElement])
        node.dataset.counted = "";
    });
  });
  await prepare(page);
  await page.goto(stage.site.origin);
  const host = page.locator("belfry-inbox");
  const panel = page.locator(".panel");
  const items = page.getByRole("article");
  const screen: Screen = {
    page,
    context,
    host,
    panel,
    items,
    bell: page.locator("button.bell"),
    toasts: page.locator(".toast"),
    item: (title) => items.filter({ hasText: title }),
    tab: (name) => page.getByRole("tab", { name, exact: true }),
    loaded: () => page.locator("html[data-counted]").waitFor(),
    async open() {
      await page.locator("button.bell").click();
      await panel.locator(".loading").waitFor({ state: "hidden" });
    },
    focused: () =>
      page.evaluate(() => {
        let node = document.activeElement;
        while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
        const label = node?.getAttribute("aria-label") ?? node?.textContent ?? "";
        return `${node?.className || node?.localName} ${label}`.trim();
      }),
    async leave() {
      await page.close();
      if (!shared) await context.close();
      expect(complaints).toEqual([]);
    },
  };
  stage.screens.push(screen);
  return screen;
}

/** Expects a value to become right within 15 s. */
export const eventually = <Value>(look: () => Value) => expect.poll(look, { timeout: 15_000 });

export function publish(stage: Stage, message: unknown, user = "ada"): Promise<Answer> {
  return call(stage.hub.url, "POST", `/v1/users/${user}/notifications`, message);
}

export const titled = (title: string, more: object = {}, notification: object = {}) => ({
  notification: { title, ...notification },
  ...more,
});

/** Erases a user, so that the next test begins with an empty inbox. */
export async function forget(stage: Stage, user = "ada"): Promise<void> {
  await call(stage.hub.url, "DELETE", `/v1/users/${user}`);
}
