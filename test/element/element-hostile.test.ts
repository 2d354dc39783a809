// Hostile content in a notification, one test for each attack. The hub refuses some of it on publish; an
// app's own inbox may let it through, so these tests use one.

import { expect, it } from "vitest";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

/** Opens an app's own inbox with these notifications. */
async function holding(...notifications: object[]): Promise<void> {
  stage.site.html = pageOf("<belfry-inbox></belfry-inbox>");
  screen = await visit(stage);
  await screen.host.evaluate((host, notifications) => {
    const messages = notifications.map((notification, i) => ({
      offset: notifications.length - i,
      id: `${i}`,
      time: new Date().toISOString(),
      source: "attacker",
      seen_at: null,
      read_at: null,
      archived_at: null,
      notification,
    }));
    const count = messages.length;
    const done = async () => undefined;
    const inbox = {
      getSnapshot: () => ({
        isLoaded: true,
        notifications: messages,
        counts: { unread: count, unseen: count, total: count },
        hasMore: false,
      }),
      subscribe: () => () => undefined,
      onMessage: (listener: (message: object) => void) => {
        host.addEventListener("arrive", () => listener(messages[0] ?? {}));
        return () => undefined;
      },
      markRead: done,
      markUnread: done,
      markAllRead: done,
      markAllSeen: done,
      archive: done,
      unarchive: done,
      loadMore: done,
    };
    Object.assign(host, { client: inbox });
  }, notifications);
  await screen.bell.click();
  await screen.items.first().waitFor();
}

const SCRIPTS = [
  "javascript:alert(1)",
  " \tjava\nscript:alert(1)",
  "JAVASCRIPT:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "blob:https://example.com/x",
  "file:///etc/passwd",
  "https://[",
];

it("only http and https addresses become links", async () => {
  await holding(
    ...SCRIPTS.map((url) => ({
      title: url,
      url,
      icon: url,
      image: url,
      actions: [{ action: "go", title: "Go", url }],
    })),
  );
  expect(await screen.items.count()).toBe(SCRIPTS.length);
  for (const tag of ["[href]", "img"]) expect(await screen.panel.locator(tag).count()).toBe(0);
  for (let i = 0; i < SCRIPTS.length; i++) await screen.page.locator(".action").nth(i).click();
  expect(screen.page.url()).toBe(`${stage.site.origin}/`);
});

it("relative and absolute links keep their target", async () => {
  await holding(
    { title: "a", url: "/a" },
    { title: "b", url: "b?c#d" },
    { title: "c", url: "//example.com/x" },
    { title: "d", url: "https://example.com/<script>" },
  );
  const { origin } = stage.site;
  const links = screen.page.locator("a.link");
  const hrefs = await links.evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href));
  expect(hrefs).toEqual([
    `${origin}/a`,
    `${origin}/b?c#d`,
    "http://example.com/x",
    "https://example.com/%3Cscript%3E",
  ]);
});

it("markup is shown as text", async () => {
  const markup = "<img src=x onerror=alert(1)><script>alert(1)</script>&amp;<b>bold</b>";
  await publish(
    stage,
    titled(
      markup,
      { category: markup, type: markup },
      {
        body: markup,
        lang: markup,
        actions: [{ action: markup, title: markup }],
      },
    ),
  );
  screen = await visit(stage);
  await screen.open();
  for (const part of [".item-title", ".item-body", ".action"])
    expect(await screen.page.locator(part).textContent()).toBe(markup);
  expect(await screen.panel.locator("img, script, b:not(.empty b)").count()).toBe(0);
});

it("a text of 60,000 characters is cut, and cannot widen the panel", async () => {
  await publish(stage, [
    titled("W".repeat(20_000), {}, { body: "😀".repeat(9_000) }),
    titled("x", {}, { actions: [{ action: "a", title: "A".repeat(30_000) }] }),
  ]);
  screen = await visit(stage);
  await screen.open();
  const body = (await screen.page.locator(".item-body").textContent()) ?? "";
  expect(body).toBe(`${"😀".repeat(2_000)}…`);
  for (const part of [".item-title", ".item-body", ".action"])
    await screen.page.locator(part).first().scrollIntoViewIfNeeded();
  const overflow = await screen.page
    .locator(".scroller")
    .evaluate((node) => node.scrollWidth - node.clientWidth);
  expect(overflow).toBe(0);
  expect((await screen.items.last().boundingBox())?.height).toBeLessThan(300);
});

it("a direction override does not reach beyond its text", async () => {
  const override = "\u202e\u2066\u202dgnp.exe";
  await holding({ title: `Photo ${override}`, body: override }, { title: "After", body: "Text" });
  const isolated = await screen.page
    .locator(".item-title, .item-body, .category")
    .evaluateAll((all) => all.map((node) => getComputedStyle(node).unicodeBidi));
  expect(new Set(isolated)).toEqual(new Set(["isolate"]));
  // An override that reached further would move the time.
  const [one, two] = await screen.page
    .locator("time")
    .evaluateAll((all) => all.map((node) => node.getBoundingClientRect().x));
  expect(one).toBe(two);
});

it("each notification keeps its language and its direction", async () => {
  await publish(stage, [
    titled("שלום", {}, { lang: "he", dir: "rtl", body: "גוף" }),
    titled("Bonjour", {}, { lang: "fr" }),
  ]);
  screen = await visit(stage);
  await screen.open();
  const title = (text: string) => screen.page.locator(".item-title", { hasText: text });
  expect(await title("שלום").getAttribute("lang")).toBe("he");
  expect(await title("שלום").getAttribute("dir")).toBe("rtl");
  expect(await title("Bonjour").getAttribute("lang")).toBe("fr");
  expect(await title("Bonjour").getAttribute("dir")).toBe("auto");
});

it("ten actions wrap, and each can be pressed", async () => {
  const actions = Array.from({ length: 10 }, (_, i) => ({
    action: `${i}`,
    title: `Action number ${i}`,
  }));
  await publish(stage, titled("Ten", {}, { actions }));
  screen = await visit(stage);
  await screen.open();
  for (const { title } of actions)
    await screen.page.getByRole("button", { name: title, exact: true }).click();
  const panel = await screen.panel.boundingBox();
  const boxes = await screen.page
    .locator(".action")
    .evaluateAll((all) => all.map((node) => node.getBoundingClientRect().right));
  expect(Math.max(...boxes)).toBeLessThanOrEqual((panel?.x ?? 0) + (panel?.width ?? 0));
});

it("an empty notification is shown as `Notification`", async () => {
  await holding({});
  expect(await screen.page.locator(".item-title").textContent()).toBe("Notification");
  await screen.page.keyboard.press("Escape");
  await screen.host.evaluate((host) => host.dispatchEvent(new Event("arrive")));
  await eventually(() => screen.toasts.count()).toBe(1);
});

it("nothing in the element has inline styles, style sheets or scripts", async () => {
  await publish(stage, titled("One", {}, { icon: "/picture.svg", image: "/picture.svg" }));
  screen = await visit(stage);
  await screen.open();
  const styled = await screen.host.evaluate((host) => {
    const all = [...(host.shadowRoot?.querySelectorAll("[style], style, link, script") ?? [])];
    return all.length + (host.hasAttribute("style") ? 1 : 0);
  });
  expect(styled).toBe(0);
});

it("an invalid language of the page does no harm", async () => {
  stage.site.html = pageOf(
    `<belfry-inbox url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`,
    'lang="en_US;x"',
  );
  await publish(stage, titled("One"));
  screen = await visit(stage);
  await screen.open();
  await screen.item("One").waitFor();
});
