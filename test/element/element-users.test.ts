// The element shows one user and one life of the inbox: nothing of another is left.

import { expect, it } from "vitest";
import { call, tokenOf } from "../support/backend.ts";
import { messageOf, type OwnInbox, snapshotOf, visitOwnInbox } from "./own-inbox.ts";
import { eventually, forget, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const titles = () => screen.page.locator(".item-title").allTextContents();
const badge = () => screen.page.locator(".badge").textContent();
const toasted = () => screen.toasts.locator(".item-title").allTextContents();
const EMPTY = snapshotOf(null, [], false);

/** Records the counts of each event that the app gets. */
const recordCounts = (page: Screen["page"]) =>
  page.addInitScript(() => {
    const told: object[] = [];
    Object.assign(window, { told });
    addEventListener("belfry-counts", (event) => told.push((event as CustomEvent).detail));
  });
const counts = () => screen.page.evaluate(() => Reflect.get(window, "told") as object[]);

/** Signs in another user, and makes the hub ask for a new token. */
async function signIn(user: string): Promise<void> {
  stage.site.user = user;
  await call(stage.hub.url, "DELETE", "/v1/users/ada/connections", { reconnect: true });
}

const welcome = (title: string, path: string) =>
  titled(title, { id: "welcome", category: title.toLowerCase() }, { url: path, body: title });

it("another user's message with the same id and offset replaces the row", async () => {
  await forget(stage, "bob");
  await publish(stage, welcome("Ada", "/ada"));
  await publish(stage, welcome("Bob", "/bob"), "bob");
  screen = await visit(stage);
  await screen.open();
  await eventually(titles).toEqual(["Ada"]);
  await signIn("bob");
  await eventually(titles).toEqual(["Bob"]);
  expect(await screen.page.locator(".item-body").allTextContents()).toEqual(["Bob"]);
  await screen.page.locator("a[href$='/bob']").waitFor();
  // The tabs are of the new user's categories.
  await eventually(() => screen.page.getByRole("tab").allTextContents()).toEqual([
    "All",
    "Unread",
    "bob",
  ]);
  await screen.item("Bob").click({ position: { x: 200, y: 50 } });
  await screen.page.waitForURL("**/bob");
});

it("after an erase the same id shows the new message", async () => {
  await publish(stage, welcome("Old", "/old"));
  screen = await visit(stage);
  await screen.open();
  await eventually(titles).toEqual(["Old"]);
  await forget(stage);
  await publish(stage, welcome("New", "/new"));
  await call(stage.hub.url, "DELETE", "/v1/users/ada/connections", { reconnect: true });
  const retry = screen.page.getByRole("button", { name: "Try again" });
  // An erase closes the connection for good; the button connects again.
  await eventually(async () => {
    if (await retry.isVisible()) await retry.click();
    return titles();
  }).toEqual(["New"]);
});

it("setting `token`, even to null, asks for the signed-in user again", async () => {
  await forget(stage, "bob");
  await publish(stage, welcome("Ada", "/ada"));
  await publish(stage, welcome("Bob", "/bob"), "bob");
  screen = await visit(stage);
  await screen.open();
  await eventually(titles).toEqual(["Ada"]);
  stage.site.user = "bob";
  await screen.host.evaluate((host) => Object.assign(host, { token: null }));
  await eventually(titles).toEqual(["Bob"]);
});

it("a token of another user from the app leaves nothing of the first user", async () => {
  await forget(stage, "bob");
  await publish(stage, titled("Ada"));
  screen = await visit(stage);
  await screen.open();
  await eventually(titles).toEqual(["Ada"]);
  await screen.host.evaluate((host, token) => Object.assign(host, { token }), await tokenOf("bob"));
  await screen.page.getByText("You’re all caught up").waitFor();
  expect(await titles()).toEqual([]);
});

it("without a cursor a row with another text or time is rendered again", async () => {
  const at = (title: string, time: string) =>
    snapshotOf(null, [messageOf(1, { title }, { time, id: "welcome" })]);
  const noon = "2026-01-02T12:00:00.000Z";
  const { screen, tell } = await visitOwnInbox(stage, at("Ada", noon));
  await screen.bell.click();
  const first = screen.page.locator(".item-title");
  await eventually(() => first.textContent()).toBe("Ada");
  await tell(at("Bob", noon));
  await eventually(() => first.textContent()).toBe("Bob");
  await tell(at("Bob", "2026-01-03T12:00:00.000Z"));
  await eventually(() => screen.page.locator("time").getAttribute("datetime")).toContain("-03T");
});

/** Opens Ada's own inbox with two notifications, on a page that records counts. */
async function busy(): Promise<OwnInbox> {
  const two = [messageOf(2, { title: "Two" }), messageOf(1, { title: "One" })];
  const own = await visitOwnInbox(stage, snapshotOf("ada:2", two), {
    prepare: async (page) => {
      await recordCounts(page);
      await page.clock.install();
    },
  });
  screen = own.screen;
  await eventually(badge).toBe("2");
  return own;
}

it("an emptied inbox clears the list, the undo and the counts at once", async () => {
  const { tell } = await busy();
  await screen.bell.click();
  await eventually(titles).toEqual(["Two", "One"]);
  await screen.item("One").hover();
  await screen.item("One").getByRole("button", { name: "Archive" }).click();
  await screen.page.getByText("Archived").waitFor();
  await tell(EMPTY);
  expect(await titles()).toEqual([]);
  expect(await screen.page.getByRole("button", { name: "Undo" }).count()).toBe(0);
  await eventually(badge).toBe("");
  expect((await counts()).at(-1)).toEqual({ unread: 0, unseen: 0, total: 0 });
});

it("toasts and pending announcements disappear with the user", async () => {
  const { tell } = await busy();
  const three = messageOf(3, { title: "For Ada" });
  await tell(snapshotOf("ada:3", [three]), three);
  await eventually(toasted).toEqual(["For Ada"]);
  await tell(EMPTY);
  expect(await toasted()).toEqual([]);
  await tell(snapshotOf("bob:1", []));
  await screen.page.clock.runFor(10_000);
  const said = await screen.page.locator("[role=status]").allTextContents();
  expect(said.join()).not.toContain("For Ada");
});

it("a new life of the inbox without an empty one between clears the undo, too", async () => {
  const { tell, calls } = await busy();
  await screen.bell.click();
  await screen.item("One").hover();
  await screen.item("One").getByRole("button", { name: "Archive" }).click();
  await screen.page.getByText("Archived").waitFor();
  const seen = async () => (await calls()).filter((one) => one === "markAllSeen").length;
  const before = await seen();
  await tell(snapshotOf("bob:2", [messageOf(1, { title: "Bob" })]));
  expect(await screen.page.getByRole("button", { name: "Undo" }).count()).toBe(0);
  await eventually(titles).toEqual(["Bob"]);
  expect(await screen.panel.isVisible()).toBe(true);
  // The new inbox is marked as seen, though its newest offset is below the last one of the old inbox.
  await eventually(seen).toBeGreaterThan(before);
});

it("the first message of an empty inbox is not taken for another life", async () => {
  const { screen, tell } = await visitOwnInbox(stage, snapshotOf("0:0", []));
  await screen.bell.click();
  const tab = screen.page.getByRole("tab", { name: "Unread" });
  await tab.click();
  await tell(snapshotOf("ada:1", [messageOf(1, { title: "One" })]));
  await screen.item("One").waitFor();
  expect(await tab.getAttribute("aria-selected")).toBe("true");
});

it("without its token URL the element reports counts of zero to the app", async () => {
  await publish(stage, titled("Private"));
  screen = await visit(stage, {}, undefined, recordCounts);
  await eventually(badge).toBe("1");
  await screen.host.evaluate((host) => host.removeAttribute("token-url"));
  await eventually(async () => (await counts()).at(-1)).toEqual({ unread: 0, unseen: 0, total: 0 });
});
