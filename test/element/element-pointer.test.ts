// The pointer on a notification: it rests, presses the wheel, selects text.

import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const INBOX = "/v1/users/ada/notifications";
const bellIs = (name: string) =>
  eventually(() => screen.bell.getAttribute("aria-label")).toBe(name);
const classOf = (title: string) => screen.item(title).getAttribute("class");
const withClock = (page: Screen["page"]) => page.clock.install();
const selected = () => screen.page.evaluate(() => `${getSelection()}`);
const middle = async (title: string) => {
  const box = await screen.item(title).boundingBox();
  return [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2] as const;
};

it("a row that slides under a resting pointer is read only once the pointer moves", async () => {
  await publish(stage, [titled("One"), titled("Two"), titled("Three")]);
  screen = await visit(stage, {}, undefined, withClock);
  await screen.open();
  await screen.item("Three").hover();
  await screen.item("Three").getByRole("button", { name: "Archive" }).click();
  await screen.item("Three").waitFor({ state: "detached" });
  const [x, y] = await middle("Two");
  await eventually(() => screen.item("Two").evaluate((row) => row.matches(":hover"))).toBe(true);
  await screen.page.clock.runFor(5_000);
  expect(await classOf("Two")).toBe("item unread");
  await screen.page.mouse.move(x, y + 3);
  await screen.page.clock.runFor(1_500);
  await eventually(() => classOf("Two")).toBe("item");
  expect(await classOf("One")).toBe("item unread");
});

it("an inbox that the app opens under a resting pointer marks nothing as read", async () => {
  await publish(stage, titled("One"));
  screen = await visit(stage, {}, undefined, withClock);
  await screen.open();
  const [x, y] = await middle("One");
  await screen.page.keyboard.press("Escape");
  await screen.panel.waitFor({ state: "hidden" });
  await screen.page.mouse.move(x, y);
  await screen.host.evaluate((host) => Object.assign(host, { open: true }));
  await eventually(() => screen.item("One").evaluate((row) => row.matches(":hover"))).toBe(true);
  await screen.page.clock.runFor(5_000);
  expect(await classOf("One")).toBe("item unread");
});

it("an inbox that closes under a pointer marks nothing as read", async () => {
  await publish(stage, titled("One"));
  screen = await visit(stage, {}, undefined, withClock);
  await screen.open();
  await screen.item("One").hover();
  await screen.page.keyboard.press("Escape");
  await screen.panel.waitFor({ state: "hidden" });
  await screen.page.clock.runFor(5_000);
  await bellIs("Notifications, 1 unread");
});

it("a click with the wheel opens another tab, and marks as read", async () => {
  await publish(stage, [
    titled("Build", {}, { url: "/build", actions: [{ action: "log", title: "Log", url: "/log" }] }),
    titled("Plain"),
  ]);
  screen = await visit(stage);
  await screen.host.evaluate((host) => host.setAttribute("no-hover-read", ""));
  // An app that handles all clicks in its router must not get those for another tab.
  await screen.host.evaluate((host) =>
    host.addEventListener("belfry-notification", (event) => event.preventDefault()),
  );
  await screen.open();
  const opens = (act: () => Promise<unknown>) =>
    Promise.all([screen.context.waitForEvent("page"), act()]).then(async ([page]) => {
      await page.waitForURL(/build|log/);
      const { pathname } = new URL(page.url());
      await page.close();
      return pathname;
    });
  const wheel = { button: "middle" } as const;
  const target = screen.item("Build");
  expect(await opens(() => target.click({ ...wheel, position: { x: 300, y: 12 } }))).toBe("/build");
  await eventually(() => classOf("Build")).toBe("item");
  expect(await opens(() => target.getByRole("link", { name: "Log" }).click(wheel))).toBe("/log");
  expect(await opens(() => target.click({ modifiers: ["ControlOrMeta"] }))).toBe("/build");
  // The wheel does nothing on a row without a link; the right button does nothing on any row.
  await screen.item("Plain").click(wheel);
  await target.click({ button: "right" });
  expect(await classOf("Plain")).toBe("item unread");
  expect(await screen.panel.isVisible()).toBe(true);
});

it.each(["title", "body"])("selecting the text of a %s does not count as a click", async (of) => {
  await publish(
    stage,
    ["/one", undefined].map((url) =>
      titled(`Title ${url ?? "plain"}`, {}, { body: "Some words to copy", url }),
    ),
  );
  screen = await visit(stage);
  await screen.host.evaluate((host) => host.setAttribute("no-hover-read", ""));
  await screen.open();
  for (const title of ["Title /one", "Title plain"]) {
    const text = screen.item(title).locator(`.item-${of}`);
    const box = await text.boundingBox();
    const [x = 0, y = 0] = [box?.x, (box?.y ?? 0) + 10];
    await screen.page.mouse.move(x + 1, y);
    await screen.page.mouse.down();
    await screen.page.mouse.move(x + 60, y, { steps: 5 });
    await screen.page.mouse.up();
    const part = await selected();
    expect(part.length).toBeGreaterThan(3);
    expect(await text.textContent()).toContain(part);
    expect(screen.page.url()).toBe(`${stage.site.origin}/`);
    expect(await classOf(title)).toBe("item unread");
  }
});

it("a selection elsewhere does not block a click on the row", async () => {
  await publish(stage, titled("One", {}, { url: "/one", body: "Text" }));
  screen = await visit(stage);
  await screen.open();
  await screen.page.evaluate(() => getSelection()?.selectAllChildren(document.body));
  expect(await selected()).not.toBe("");
  await screen.item("One").click({ position: { x: 20, y: 60 } });
  await screen.page.waitForURL("**/one");
});

it("for the keyboard a row is a link or a button", async () => {
  await publish(stage, [titled("Plain"), titled("Link", {}, { url: "/link", body: "More" })]);
  screen = await visit(stage);
  await screen.open();
  const button = screen.page.getByRole("button", { name: "Plain", exact: true });
  for (const key of ["Enter", " "]) {
    await button.focus();
    await screen.page.keyboard.press(key);
    await bellIs("Notifications, 1 unread");
    await screen.item("Plain").getByRole("button", { name: "Mark as unread" }).focus();
    await screen.page.keyboard.press("Enter");
    await bellIs("Notifications, 2 unread");
  }
  await screen.page.getByRole("link", { name: "Link More", exact: true }).focus();
  await screen.page.keyboard.press("Enter");
  await screen.page.waitForURL("**/link");
});

it("a long text with a link can be expanded and cut again", async () => {
  await publish(stage, [
    titled("Short", {}, { url: "/short", body: "Not much" }),
    titled("Long", {}, { url: "/long", body: "word ".repeat(200) }),
    titled(`${"title ".repeat(90)}Wide`),
  ]);
  screen = await visit(stage);
  await screen.open();
  const height = async (title: string) => (await screen.item(title).boundingBox())?.height ?? 0;
  for (const title of ["Long", "Wide"]) {
    const before = await height(title);
    const more = screen.item(title).getByRole("button", { name: "Show more" });
    expect(await more.getAttribute("aria-expanded")).toBe("false");
    await more.click();
    expect(await height(title)).toBeGreaterThan(1.5 * before);
    const less = screen.item(title).getByRole("button", { name: "Show less" });
    expect(await less.getAttribute("aria-expanded")).toBe("true");
    await less.click();
    expect(await height(title)).toBe(before);
    expect(await classOf(title)).toBe("item unread");
  }
  expect(await screen.item("Short").getByRole("button", { name: "Show more" }).count()).toBe(0);
  expect(screen.page.url()).toBe(`${stage.site.origin}/`);
  expect((await call(stage.hub.url, "GET", INBOX)).json.counts.unread).toBe(3);
});
