// The element as a person uses it with a pointer, on a site with a strict policy and a real hub.

import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const counts = async () =>
  (await call(stage.hub.url, "GET", "/v1/users/ada/notifications")).json.counts;
/** The titles, from the top. */
const titles = () => screen.page.locator(".item-title").allTextContents();
const shows = (...expected: string[]) => eventually(titles).toEqual(expected);
const bellIs = (name: string) =>
  eventually(() => screen.bell.getAttribute("aria-label")).toBe(name);
const press = (name: string) => screen.page.getByRole("button", { name, exact: true }).click();
/** Writes down each event of a kind. */
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

it("the bell has the exact number, and shows at most 99+", async () => {
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

it("opening marks as seen, also what comes while it is open; Escape gives the focus back", async () => {
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
  // And the bell itself closes what it has opened.
  await screen.open();
  await screen.bell.click();
  await screen.panel.waitFor({ state: "hidden" });
});

it("the badge can count what is new instead", async () => {
  stage.site.html = stage.site.html.replace("></belfry", ' badge="unseen"></belfry');
  await publish(stage, [titled("One"), titled("Two")]);
  screen = await visit(stage);
  await bellIs("Notifications, 2 new");
  await screen.open();
  await bellIs("Notifications");
});

it("a click leads to the notification's url, and marks it read", async () => {
  await publish(stage, titled("Build passed", {}, { url: "/builds/118", body: "main is live" }));
  screen = await visit(stage);
  await screen.open();
  // Anywhere on it, not just on its title.
  await screen.item("Build passed").click({ position: { x: 200, y: 60 } });
  await screen.page.waitForURL("**/builds/118");
  await eventually(counts).toMatchObject({ unread: 0 });
});

it("a click on what leads nowhere marks it read, and the inbox stays open", async () => {
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

it("actions are links or buttons, and tell which they are", async () => {
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

it("a resting pointer reads, unless it is told not to", async () => {
  await publish(stage, [titled("One"), titled("Two")]);
  screen = await visit(stage);
  await screen.open();
  await screen.item("Two").hover();
  await bellIs("Notifications, 1 unread");
  // Who marks it unread wants it so, also with the pointer still there.
  await screen.item("Two").getByRole("button", { name: "Mark as unread" }).click();
  await bellIs("Notifications, 2 unread");
  await screen.host.evaluate((host) => host.setAttribute("no-hover-read", ""));
  await screen.page.clock.install();
  await screen.item("One").hover();
  await screen.page.clock.runFor(5_000);
  expect(await screen.item("One").getAttribute("class")).toBe("item unread");
});

it("what is archived under a resting pointer is not read by it", async () => {
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

it("one is marked read and unread, and all are", async () => {
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
  // It does not take the focus from who has pressed it.
  expect(await screen.focused()).toBe("mark-all Mark all as read");
});

it("what is archived leaves, and comes back by undo", async () => {
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

it("tabs narrow it to what is unread, and to each category that occurs", async () => {
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
  // What is read here stays until one comes back: nothing slips away under the pointer.
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

it("what comes by a topic says which, where it has no category", async () => {
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

it("the attribute names the tabs; one without notifications says so", async () => {
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

it("times are relative, and go on", async () => {
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

it("what a page puts into the slots stands in the place of its own", async () => {
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
