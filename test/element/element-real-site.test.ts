// The element as a person uses it with a pointer, on a site with a strict policy and a real hub.

import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const counts = async () =>
  (await call(stage.hub.url, "GET", "/v1/users/ada/notifications")).json.counts;
/** Returns the titles, from the top. */
const titles = () => screen.page.locator(".item-title").allTextContents();
const shows = (...expected: string[]) => eventually(titles).toEqual(expected);
const bellIs = (name: string) =>
  eventually(() => screen.bell.getAttribute("aria-label")).toBe(name);
const press = (name: string) => screen.page.getByRole("button", { name, exact: true }).click();
/** Records each event of a type. */
const record = (type: string, prevent = false) =>
  screen.host.evaluate(
    (host, [type, prevent]) => {
      host.addEventListener(type, (event) => {
        if (prevent) event.preventDefault();
        const told = (event as CustomEvent).detail;
        const list = JSON.parse(host.dataset.told ?? "[]");
        host.dataset.told = JSON.stringify([...list, { type, told }]);
      });
    },
    [type, prevent] as const,
  );
const recorded = async () => JSON.parse((await screen.host.getAttribute("data-told")) ?? "[]");

it("the bell's label has the exact number, its badge at most 99+", async () => {
  screen = await visit(stage);
  await bellIs("Notifications");
  expect(await screen.page.locator(".badge").isVisible()).toBe(false);
  await publish(stage, titled("One"));
  await bellIs("Notifications, 1 unread");
  expect(await screen.page.locator(".badge").textContent()).toBe("1");
  await publish(
    stage,
    Array.from({ length: 122 }, (_, i) => titled(`${i}`)),
  );
  await bellIs("Notifications, 123 unread");
  expect(await screen.page.locator(".badge").textContent()).toBe("99+");
});

it("an open panel marks as seen, also arrivals; Escape returns the focus to the bell", async () => {
  await publish(stage, titled("One"));
  screen = await visit(stage);
  await record("belfry-open");
  await record("belfry-close");
  await bellIs("Notifications, 1 unread");
  expect(await counts()).toMatchObject({ unseen: 1 });
  await screen.open();
  await eventually(counts).toMatchObject({ unseen: 0, unread: 1 });
  await publish(stage, titled("Two"));
  await shows("Two", "One");
  await eventually(counts).toMatchObject({ unseen: 0, unread: 2 });
  expect(await screen.bell.getAttribute("aria-expanded")).toBe("true");
  await screen.page.keyboard.press("Escape");
  await screen.panel.waitFor({ state: "hidden" });
  expect(await screen.focused()).toContain("bell");
  await eventually(recorded).toEqual([
    { type: "belfry-open", told: null },
    { type: "belfry-close", told: null },
  ]);
  // The bell closes the panel, too.
  await screen.open();
  await screen.bell.click();
  await screen.panel.waitFor({ state: "hidden" });
});

it("the badge can count unseen notifications instead", async () => {
  stage.site.html = stage.site.html.replace("></belfry", ' badge="unseen"></belfry');
  await publish(stage, [titled("One"), titled("Two")]);
  screen = await visit(stage);
  await bellIs("Notifications, 2 new");
  await screen.open();
  await bellIs("Notifications");
});

it("a click opens the notification's url, and marks it as read", async () => {
  await publish(stage, titled("Build passed", {}, { url: "/builds/118", body: "main is live" }));
  screen = await visit(stage);
  await screen.open();
  // Any place in the row counts, not just the title.
  await screen.item("Build passed").click({ position: { x: 200, y: 60 } });
  await screen.page.waitForURL("**/builds/118");
  await eventually(counts).toMatchObject({ unread: 0 });
});

it("a click on a notification without a url marks it as read, and the panel stays open", async () => {
  await publish(stage, titled("Build passed"));
  screen = await visit(stage);
  await record("belfry-notification");
  await screen.open();
  await screen.item("Build passed").click();
  await bellIs("Notifications");
  expect(await recorded()).toMatchObject([{ told: { action: "", url: null } }]);
  expect(await screen.panel.isVisible()).toBe(true);
});

it("the app may handle the click itself", async () => {
  await publish(stage, titled("Build passed", { data: { build: 118 } }, { url: "builds/118" }));
  screen = await visit(stage);
  await record("belfry-notification", true);
  await screen.open();
  await screen.item("Build passed").click();
  await screen.panel.waitFor({ state: "hidden" });
  expect(screen.page.url()).toBe(`${stage.site.origin}/`);
  const [{ told }] = await recorded();
  expect(told).toMatchObject({
    message: { data: { build: 118 } },
    action: "",
    url: `${stage.site.origin}/builds/118`,
  });
  await bellIs("Notifications");
});

it("actions are links or buttons, and the event names the action", async () => {
  const actions = [
    { action: "log", title: "View log", url: "/log" },
    { action: "retry", title: "Retry" },
  ];
  await publish(stage, titled("Build failed", {}, { actions }));
  screen = await visit(stage);
  await record("belfry-notification");
  await screen.open();
  await press("Retry");
  expect(await recorded()).toMatchObject([{ told: { action: "retry", url: null } }]);
  await bellIs("Notifications");
  await screen.page.getByRole("link", { name: "View log" }).click();
  await screen.page.waitForURL("**/log");
});

it("a resting pointer marks as read, unless `no-hover-read` is set", async () => {
  await publish(stage, [titled("One"), titled("Two")]);
  screen = await visit(stage);
  await screen.open();
  await screen.item("Two").hover();
  await bellIs("Notifications, 1 unread");
  // The user marked it unread on purpose: the pointer that is still there must not undo that.
  await screen.item("Two").getByRole("button", { name: "Mark as unread" }).click();
  await bellIs("Notifications, 2 unread");
  await screen.host.evaluate((host) => host.setAttribute("no-hover-read", ""));
  await screen.page.clock.install();
  await screen.item("One").hover();
  await screen.page.clock.runFor(5_000);
  expect(await screen.item("One").getAttribute("class")).toBe("item unread");
});

it("a row archived under a resting pointer is not marked as read", async () => {
  await publish(stage, titled("One"));
  screen = await visit(stage, {}, undefined, (page) => page.clock.install());
  await screen.open();
  await screen.item("One").hover();
  await screen.item("One").getByRole("button", { name: "Archive" }).click();
  await screen.item("One").waitFor({ state: "detached" });
  await screen.page.mouse.move(5, 300);
  await screen.page.clock.runFor(1_500);
  await press("Undo");
  await screen.item("One").waitFor();
  expect(await screen.item("One").getAttribute("class")).toBe("item unread");
});

it("one notification can be marked read and unread, and all marked read", async () => {
  await publish(stage, [titled("One"), titled("Two"), titled("Three")]);
  screen = await visit(stage);
  await screen.host.evaluate((host) => host.setAttribute("no-hover-read", ""));
  await screen.open();
  await screen.item("Two").hover();
  await screen.item("Two").getByRole("button", { name: "Mark as read" }).click();
  await bellIs("Notifications, 2 unread");
  await screen.item("Two").getByRole("button", { name: "Mark as unread" }).click();
  await bellIs("Notifications, 3 unread");
  await press("Mark all as read");
  await bellIs("Notifications");
  expect(await counts()).toMatchObject({ unread: 0, total: 3 });
  // The pressed button keeps the focus.
  expect(await screen.focused()).toBe("mark-all Mark all as read");
});

it("an archived notification leaves the list, and undo brings it back", async () => {
  await publish(stage, [titled("One"), titled("Two"), titled("Three")]);
  screen = await visit(stage);
  await screen.open();
  await screen.item("Two").hover();
  await screen.item("Two").getByRole("button", { name: "Archive" }).click();
  await shows("Three", "One");
  await eventually(counts).toMatchObject({ total: 2 });
  await press("Undo");
  await shows("Three", "Two", "One");
  await eventually(counts).toMatchObject({ total: 3 });
});

it("tabs filter by unread, and by each category in the inbox", async () => {
  await publish(stage, [
    titled("Invoice", { category: "billing" }),
    titled("Build", { category: "ci" }),
    titled("Hello"),
  ]);
  screen = await visit(stage);
  await screen.open();
  const tabs = () => screen.page.getByRole("tab").allTextContents();
  expect(await tabs()).toEqual(["All", "Unread", "billing", "ci"]);
  await screen.tab("ci").click();
  await shows("Build");
  await screen.tab("Unread").click();
  await shows("Hello", "Build", "Invoice");
  // A row read in this tab stays until the tab is opened again: no row may slip away under the pointer.
  await screen.item("Build").hover();
  await bellIs("Notifications, 2 unread");
  await shows("Hello", "Build", "Invoice");
  await screen.tab("All").click();
  await screen.tab("Unread").click();
  await shows("Hello", "Invoice");
  await publish(stage, titled("Comment", { category: "comments" }));
  await shows("Comment", "Hello", "Invoice");
  expect(await tabs()).toEqual(["All", "Unread", "billing", "ci", "comments"]);
});

it("a message from a topic shows the topic where it has no category", async () => {
  await call(stage.hub.url, "PUT", "/v1/users/ada/follows/builds");
  await call(stage.hub.url, "POST", "/v1/topics/builds/messages", [
    titled("Build"),
    titled("Deploy", { category: "ops" }),
  ]);
  screen = await visit(stage);
  await screen.open();
  const from = (title: string) => screen.item(title).locator(".category").textContent();
  await shows("Deploy", "Build");
  expect([await from("Build"), await from("Deploy")]).toEqual(["builds", "ops"]);
});

it("`categories` names the tabs; a tab without notifications says so", async () => {
  stage.site.html = stage.site.html.replace("></belfry", ' categories="ci, billing,"></belfry');
  await publish(stage, titled("Hello", { category: "other" }));
  screen = await visit(stage);
  await screen.open();
  const tabs = await screen.page.getByRole("tab").allTextContents();
  expect(tabs).toEqual(["All", "Unread", "ci", "billing"]);
  await screen.tab("ci").click();
  await screen.page.getByText("Nothing here").waitFor();
});

it("an empty inbox says so", async () => {
  screen = await visit(stage);
  await screen.open();
  await screen.page.getByText("You’re all caught up").waitFor();
  await publish(stage, titled("One"));
  await shows("One");
  expect(await screen.page.getByText("You’re all caught up").isVisible()).toBe(false);
});

it("times are relative, and updated", async () => {
  await publish(stage, titled("One"));
  screen = await visit(stage, {}, undefined, (page) => page.clock.install());
  await screen.open();
  const time = screen.page.locator("time");
  expect(await time.textContent()).toBe("now");
  await screen.page.clock.runFor(5 * 60_000);
  expect(await time.textContent()).toBe("5m ago");
  expect(await time.getAttribute("title")).toMatch(/\d{4}, \d+:\d\d/);
});

it("a long text is shown in full by a click", async () => {
  await publish(stage, titled("Long", {}, { body: "word ".repeat(200) }));
  screen = await visit(stage);
  await screen.open();
  const height = async () => (await screen.page.locator(".item-body").boundingBox())?.height ?? 0;
  const before = await height();
  await screen.item("Long").click();
  expect(await height()).toBeGreaterThan(2 * before);
});

it("the page's slots replace the element's own content", async () => {
  const slots = `<span slot="bell">Bell</span><strong slot="header">My inbox</strong>
    <p slot="empty">Nothing for you</p>`;
  stage.site.html = stage.site.html.replace("></belfry", `>${slots}</belfry`);
  screen = await visit(stage);
  expect(await screen.page.getByText("Bell", { exact: true }).isVisible()).toBe(true);
  await screen.open();
  for (const text of ["My inbox", "Nothing for you"]) await screen.page.getByText(text).waitFor();
  expect(await screen.page.getByText("You’re all caught up").isVisible()).toBe(false);
});

it("inline, it is always open, and has no bell", async () => {
  stage.site.html = pageOf("").replace(
    "</main>",
    `<belfry-inbox inline url="${stage.proxy.url}" token-url="/token"></belfry-inbox></main>`,
  );
  await publish(stage, titled("One"));
  screen = await visit(stage);
  await shows("One");
  await eventually(counts).toMatchObject({ unseen: 0 });
  expect(await screen.bell.count()).toBe(0);
  expect(await screen.page.getByRole("region", { name: "Notifications" }).count()).toBe(1);
});
