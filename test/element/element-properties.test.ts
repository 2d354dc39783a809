// The page's side of the element: properties, labels, toasts, insertion and removal.

import { expect, it } from "vitest";
import { tokenOf } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { eventually, forget, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const bellIs = (name: string) =>
  eventually(() => screen.bell.getAttribute("aria-label")).toBe(name);
const toasted = () => screen.toasts.locator(".item-title").allTextContents();

it("`token`, a string or a function, replaces `token-url`", async () => {
  stage.site.html = pageOf(`<belfry-inbox url="${stage.proxy.url}"></belfry-inbox>`);
  await publish(stage, titled("For Ada"));
  const asked = stage.site.asked;
  // The property is set before the script is loaded; the upgrade of the element must not lose it.
  const token = await tokenOf("ada");
  screen = await visit(stage, {}, undefined, (page) =>
    page.addInitScript((token) => {
      document.addEventListener("readystatechange", () => {
        const inbox = document.querySelector("belfry-inbox");
        if (document.readyState === "interactive") Object.assign(inbox ?? {}, { token });
      });
    }, token),
  );
  await bellIs("Notifications, 1 unread");
  await publish(stage, titled("For Bob"), "bob");
  await screen.host.evaluate(
    (host, token) => Object.assign(host, { token: async () => token }),
    await tokenOf("bob"),
  );
  await screen.open();
  await screen.item("For Bob").waitFor();
  expect(await screen.item("For Ada").count()).toBe(0);
  expect(stage.site.asked).toBe(asked);
  await forget(stage, "bob");
});

it("without a signed-in user it says so, and a button tries again", async () => {
  stage.site.user = null;
  screen = await visit(stage);
  await screen.bell.click();
  await screen.page.getByText("Sign in to see your notifications.").waitFor();
  stage.site.user = "ada";
  await screen.page.getByRole("button", { name: "Try again" }).focus();
  await screen.page.keyboard.press("Enter");
  await screen.page.getByText("You’re all caught up").waitFor();
  // The button is gone, and must not have taken the focus along.
  expect(await screen.focused()).toContain("panel");
});

it("labels can be replaced, with the plural forms of another language", async () => {
  await publish(stage, [titled("A"), titled("B")]);
  screen = await visit(stage);
  await screen.host.evaluate((host) => {
    const forms: Record<string, string> = { one: "nowe", few: "nowe", many: "nowych" };
    const rules = new Intl.PluralRules("pl");
    host.setAttribute("lang", "pl");
    Object.assign(host, {
      labels: {
        title: "Powiadomienia",
        bell: (count: number) => `Powiadomienia, ${count} ${forms[rules.select(count)]}`,
      },
    });
  });
  await bellIs("Powiadomienia, 2 nowe");
  await screen.open();
  expect(await screen.page.getByRole("dialog").getAttribute("aria-label")).toBe("Powiadomienia");
  // The other labels stay, and times follow the page's language.
  expect(await screen.tab("Unread").count()).toBe(1);
  expect(await screen.page.locator("time").first().textContent()).toBe("teraz");
  await publish(
    stage,
    ["C", "D", "E"].map((title) => titled(title)),
  );
  await bellIs("Powiadomienia, 5 nowych");
});

it("an arrival while the panel is closed is shown as a toast with its link", async () => {
  screen = await visit(stage);
  await screen.loaded();
  await publish(stage, titled("First", {}, { body: "Of all", url: "/first" }));
  await eventually(toasted).toEqual(["First"]);
  await publish(stage, titled("Hush", { urgency: "low" }));
  await publish(stage, { type: "data.only", data: 1 });
  await publish(stage, titled("Fleeting", { ttl: 0 }));
  await eventually(toasted).toEqual(["First", "Fleeting"]);
  await screen.toasts.nth(1).getByRole("button", { name: "Dismiss" }).click();
  await eventually(toasted).toEqual(["First"]);
  await screen.toasts.getByRole("link", { name: "First" }).click();
  await screen.page.waitForURL("**/first");
});

it("at most three toasts are shown, and they disappear by themselves", async () => {
  screen = await visit(stage, {}, undefined, (page) => page.clock.install());
  await screen.loaded();
  await publish(
    stage,
    [1, 2, 3, 4, 5].map((n) => titled(`${n}`)),
  );
  await eventually(toasted).toEqual(["3", "4", "5"]);
  // A toast under the pointer stays.
  await screen.toasts.first().hover();
  await screen.page.clock.runFor(10_000);
  await eventually(toasted).toEqual(["3"]);
  await screen.page.mouse.move(10, 10);
  await screen.page.clock.runFor(10_000);
  await eventually(toasted).toEqual([]);
});

it("no toast is shown while the panel is open, or with `no-toasts`", async () => {
  screen = await visit(stage);
  await screen.open();
  await publish(stage, titled("Open"));
  await screen.item("Open").waitFor();
  await screen.page.keyboard.press("Escape");
  await screen.host.evaluate((host) => host.setAttribute("no-toasts", ""));
  await publish(stage, titled("Off"));
  await bellIs("Notifications, 2 unread");
  expect(await toasted()).toEqual([]);
});

it("the page can open, move, remove and insert it again", async () => {
  await publish(stage, titled("One"));
  screen = await visit(stage);
  await bellIs("Notifications, 1 unread");
  const asked = stage.site.asked;
  await screen.host.evaluate((host) => Object.assign(host, { open: true }));
  await screen.item("One").waitFor();
  expect(await screen.host.evaluate((host) => Reflect.get(host, "open"))).toBe(true);
  await screen.host.evaluate((host) => document.querySelector("main")?.append(host));
  await bellIs("Notifications, 1 unread");
  expect(stage.site.asked).toBe(asked);

  const ended = screen.page.evaluateHandle(() => {
    const host = document.querySelector("belfry-inbox");
    host?.remove();
    return host;
  });
  const host = await ended;
  await publish(stage, titled("Two"));
  await host.evaluate((host) => host && document.body.append(host));
  await bellIs("Notifications, 2 unread");
  expect(stage.site.asked).toBe(asked + 1);
});

it("the app gets an event with the counts", async () => {
  screen = await visit(stage);
  await screen.page.evaluate(() =>
    document.addEventListener("belfry-counts", (event) => {
      document.title = `(${(event as CustomEvent).detail.unread}) App`;
    }),
  );
  await bellIs("Notifications");
  await publish(stage, titled("One"));
  await eventually(() => screen.page.title()).toBe("(1) App");
});

it("an app that sets labels on each event of counts gets one event for each change", async () => {
  screen = await visit(stage, {}, undefined, (page) =>
    page.addInitScript(() => {
      let told = 0;
      addEventListener("belfry-counts", ({ target }) => {
        told += 1;
        const labels = { title: `Told ${told}` };
        setTimeout(() => Object.assign(target ?? {}, { labels }));
      });
    }),
  );
  const panel = (title: string) => screen.page.locator(`.panel[aria-label="${title}"]`);
  await panel("Told 1").waitFor({ state: "attached" });
  await publish(stage, titled("One"));
  await panel("Told 2").waitFor({ state: "attached" });
  await bellIs("Notifications, 1 unread");
  expect(await panel("Told 2").count()).toBe(1);
});

it("without an address it waits until one is set", async () => {
  stage.site.html = pageOf('<belfry-inbox><p slot="empty">Nothing yet</p></belfry-inbox>');
  screen = await visit(stage);
  await publish(stage, titled("One"));
  expect(await screen.bell.count()).toBe(0);
  expect(await screen.page.getByText("Nothing yet").isVisible()).toBe(false);
  await screen.host.evaluate((host, url) => {
    host.setAttribute("token-url", "/token");
    host.setAttribute("url", url);
  }, stage.proxy.url);
  await bellIs("Notifications, 1 unread");
});

it("an element that is moved while open closes, and its bell says so", async () => {
  screen = await visit(stage);
  await screen.open();
  await eventually(() => screen.bell.getAttribute("aria-expanded")).toBe("true");
  await screen.host.evaluate((host) => document.querySelector("main")?.append(host));
  await screen.panel.waitFor({ state: "hidden" });
  await eventually(() => screen.bell.getAttribute("aria-expanded")).toBe("false");
});

it("without its token URL it shows nothing any more", async () => {
  await publish(stage, titled("Private"));
  screen = await visit(stage);
  await screen.open();
  await screen.item("Private").waitFor();
  await screen.host.evaluate((host) => host.removeAttribute("token-url"));
  await screen.item("Private").waitFor({ state: "detached" });
  expect(await screen.bell.count()).toBe(0);
});
