// The page of `npm start`, driven as a person would.

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { argumentsOf, parseCurl, performCall } from "../docs/curl.ts";
import { launchBrowser } from "../examples/browser.ts";
import { type Development, Screen, startDevelopment } from "./development.ts";

let hub: Development;
let browser: Browser;
let screen: Screen;

beforeAll(async () => {
  [hub, browser] = await Promise.all([startDevelopment(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await hub.stop();
});
beforeEach(async () => {
  screen = await Screen.open(browser, hub.url);
});
afterEach(() => screen.leave());

/** Titles of what the hub keeps of a user, newest first. */
async function keptOf(user: string): Promise<(string | undefined)[]> {
  const response = await fetch(`${hub.url}/v1/users/${user}/notifications`, {
    headers: { authorization: `Bearer ${hub.key}` },
  });
  const { notifications } = (await response.json()) as {
    notifications: { notification?: { title: string } }[];
  };
  return notifications.map(({ notification }) => notification?.title);
}

it("publishes to a user, and to a topic that both have", async () => {
  await screen.publish({ to: "user:ada", title: "For Ada alone" });
  await screen.item("ada", "For Ada alone").waitFor();
  await screen.publish({ to: "topic:news", title: "For both" });
  await screen.live("ada", "For both").waitFor();
  await screen.live("bob", "For both").waitFor();
  expect(await screen.item("bob", "For").count()).toBe(0);

  await screen.pane("bob").getByLabel("Follow").check();
  await screen.frames('"type":"follow"').waitFor();
  await screen.publish({ to: "topic:news", title: "Into the inbox" });
  await screen.item("bob", "Into the inbox").waitFor();
  expect(await screen.number("Shown twice")).toBe("0");

  const row = screen.page.locator("#publishes tr").filter({ hasText: "For both" });
  await row.getByRole("button").click();
  const chart = screen.page.locator("#timeline");
  for (const step of ["Answered", "At ada", "At bob"])
    expect(
      await chart.locator(".step").filter({ hasText: step }).locator("b").textContent(),
    ).toMatch(/^[\d.]+ m?s$/);
  await screen.page.locator("#history tr").filter({ hasText: "For Ada alone" }).waitFor();
  await screen.shoot("light");
});
