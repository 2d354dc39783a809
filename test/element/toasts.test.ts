// Toasts on a page with an open dialog, little room, or two inboxes; and the end of a toast.

import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { messageOf, snapshotOf, visitOwnInbox } from "./own-inbox.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const INBOX = "/v1/users/ada/notifications";
const toasted = () => screen.toasts.locator(".item-title").allTextContents();
const withClock = (page: Screen["page"]) => page.clock.install();

const DIALOGS = `<dialog id="one"><button id="in-one">One</button></dialog>
  <dialog id="two"><button id="in-two">Two</button></dialog>`;
const withDialogs = () => {
  stage.site.html = stage.site.html.replace("</main>", `${DIALOGS}</main>`);
};
const showModal = (id: string) =>
  screen.page.locator(`#${id}`).evaluate((node) => (node as HTMLDialogElement).showModal());
const close = (id: string) =>
  screen.page.locator(`#${id}`).evaluate((node) => (node as HTMLDialogElement).close());
const dismiss = (title: string) =>
  screen.toasts.filter({ hasText: title }).getByRole("button", { name: "Dismiss" }).click();

it("a toast above a modal dialog works, and looks the same as elsewhere", async () => {
  withDialogs();
  screen = await visit(stage);
  await screen.loaded();
  await publish(stage, titled("Before"));
  await eventually(toasted).toEqual(["Before"]);
  const look = () =>
    screen.toasts.first().evaluate((node) => {
      const { backgroundColor, font, borderRadius, boxShadow } = getComputedStyle(node);
      return [backgroundColor, font, borderRadius, boxShadow];
    });
  const before = await look();
  // One toast is older than the dialog; another comes while the dialog is open.
  await showModal("one");
  const width = await screen.page.locator("#one").evaluate((node) => node.scrollHeight);
  await dismiss("Before");
  await eventually(toasted).toEqual([]);
  await publish(stage, titled("Within", {}, { url: "/within" }));
  await eventually(toasted).toEqual(["Within"]);
  expect(await look()).toEqual(before);
  // The dialog keeps its size.
  expect(await screen.page.locator("#one").evaluate((node) => node.scrollHeight)).toBe(width);
  // A second dialog opens above the first, and closes again.
  await showModal("two");
  await screen.toasts.getByRole("button", { name: "Dismiss" }).hover({ trial: false });
  await close("two");
  await screen.toasts.getByRole("button", { name: "Dismiss" }).hover();
  await close("one");
  await screen.toasts.getByRole("link", { name: "Within" }).click();
  await screen.page.waitForURL("**/within");
});

it("toasts outlive the dialog, and leave nothing in it", async () => {
  withDialogs();
  screen = await visit(stage);
  await screen.loaded();
  await showModal("one");
  await publish(stage, titled("Within"));
  await eventually(toasted).toEqual(["Within"]);
  await close("one");
  await eventually(() => screen.page.locator("dialog belfry-inbox").count()).toBe(0);
  expect(await toasted()).toEqual(["Within"]);
  await showModal("one");
  await eventually(() => screen.page.locator("dialog belfry-inbox").count()).toBe(1);
  // The page removes the dialog while it is open.
  await screen.page.locator("#one").evaluate((node) => node.remove());
  await publish(stage, titled("After"));
  await eventually(async () => (await toasted()).at(-1)).toBe("After");
  await dismiss("After");
  // Removing the element removes its toasts, also from a dialog.
  await showModal("two");
  await publish(stage, titled("Last"));
  await eventually(async () => (await toasted()).at(-1)).toBe("Last");
  await screen.page.locator("header belfry-inbox").evaluate((host) => host.remove());
  await eventually(toasted).toEqual([]);
});

const LARGE = (title: string) =>
  titled(
    title,
    {},
    {
      body: "A body of some length, which takes two lines or three in a toast of this width.",
      url: "/large",
      image: "/picture.svg",
      actions: [1, 2].map((n) => ({ action: `${n}`, title: `Action number ${n}` })),
    },
  );

it.each([
  [900, 700],
  [360, 640],
  [1280, 600],
])(
  "in a window of %i by %i the toasts stay inside it, and none of them is cut",
  async (width, height) => {
    screen = await visit(stage, { viewport: { width, height } });
    await screen.loaded();
    for (const title of ["First", "Second", "Third"]) {
      await publish(stage, LARGE(title));
      await eventually(async () => (await toasted()).at(-1)).toBe(title);
    }
    const boxes = await screen.toasts.evaluateAll((all) =>
      all.map((node) => {
        const { top, bottom, left, right } = node.getBoundingClientRect();
        return { top, bottom, left, right, cut: node.scrollHeight - node.clientHeight };
      }),
    );
    for (const { top, bottom, left, right, cut } of boxes) {
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(bottom).toBeLessThanOrEqual(height);
      expect(right).toBeLessThanOrEqual(width);
      expect(cut).toBeLessThanOrEqual(0);
    }
    await screen.page.screenshot({ path: `test/element/screenshots/toasts-${width}.png` });
    await screen.page.setViewportSize({ width, height: 420 });
    await eventually(async () => (await screen.toasts.first().boundingBox())?.y).toBeGreaterThan(0);
  },
);

it.each([
  [240, 1],
  [420, 2],
  [120, 0.5],
])(
  "in a window %i high, zoomed by %d, a tall toast fills the height and scrolls",
  async (height, zoom) => {
    screen = await visit(stage, { viewport: { width: 900, height } });
    await screen.loaded();
    await screen.page.evaluate((zoom) => {
      document.documentElement.style.zoom = `${zoom}`;
    }, zoom);
    await publish(stage, LARGE("High"));
    const toast = screen.toasts.first();
    await toast.waitFor();
    const { top, bottom, hidden } = await toast.evaluate((node) => {
      const { top, bottom } = node.getBoundingClientRect();
      return { top, bottom, hidden: node.scrollHeight - node.clientHeight };
    });
    expect(top).toBeCloseTo(16 * zoom, 0);
    expect(bottom).toBeCloseTo(height - 16 * zoom, 0);
    expect(hidden).toBeGreaterThan(0);
  },
);

it.each([
  [
    "read",
    (epoch: string) => call(stage.hub.url, "PATCH", INBOX, { epoch, offsets: [1], read: true }),
  ],
  [
    "archived",
    (epoch: string) => call(stage.hub.url, "PATCH", INBOX, { epoch, offsets: [1], archived: true }),
  ],
  ["deleted", () => call(stage.hub.url, "DELETE", `${INBOX}/1`)],
] as const)("a toast goes when its message was %s elsewhere", async (_, act) => {
  screen = await visit(stage, {}, undefined, withClock);
  await screen.loaded();
  const { epoch } = (await publish(stage, [titled("Gone"), titled("Still")])).json.results[0];
  await eventually(toasted).toEqual(["Gone", "Still"]);
  await act(epoch);
  await eventually(toasted).toEqual(["Still"]);
});

it("a toast disappears when its message expires, but not before the inbox lists it", async () => {
  const own = await visitOwnInbox(stage, snapshotOf("ada:0", []), {
    prepare: withClock,
  });
  screen = own.screen;
  const one = messageOf(1, { title: "One" });
  await own.tell(snapshotOf("ada:0", []), one);
  await eventually(toasted).toEqual(["One"]);
  await own.tell(snapshotOf("ada:0", []));
  await own.tell(snapshotOf("ada:1", [one]));
  await eventually(() => screen.page.locator(".badge").textContent()).toBe("1");
  expect(await toasted()).toEqual(["One"]);
  await own.tell(snapshotOf("ada:1", []));
  await eventually(toasted).toEqual([]);
});

it("one of two elements shows toasts and announces; the other takes over", async () => {
  const element = `<belfry-inbox url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`;
  stage.site.html = pageOf(`${element}<div class="aside">${element}</div>`);
  screen = await visit(stage);
  const both = screen.page.locator("belfry-inbox");
  // Wait for both: an element shows no toast for messages from before its start.
  await eventually(() => screen.page.locator("belfry-inbox[data-counted]").count()).toBe(2);
  const badges = () => screen.page.locator(".badge").allTextContents();
  await publish(stage, titled("One"));
  await eventually(badges).toEqual(["1", "1"]);
  await eventually(toasted).toEqual(["One"]);
  const said = () => screen.page.getByText("New notification: One").count();
  await eventually(said).toBe(1);
  expect(await both.first().locator(".toast").count()).toBe(1);
  await both.first().evaluate((host) => host.remove());
  await eventually(toasted).toEqual([]);
  await publish(stage, titled("Two"));
  await eventually(toasted).toEqual(["Two"]);
});

it("a hidden element, or one with `no-toasts`, leaves the toasts to another", async () => {
  const at = `url="${stage.proxy.url}" token-url="/token"`;
  stage.site.html = pageOf(
    `<div hidden><belfry-inbox ${at}></belfry-inbox></div><belfry-inbox no-toasts ${at}></belfry-inbox>` +
      `<div class="aside"><belfry-inbox no-toasts="false" inline="false" ${at}></belfry-inbox></div>`,
  );
  screen = await visit(stage);
  const hosts = screen.page.locator("belfry-inbox");
  await eventually(() => screen.page.locator("belfry-inbox[data-counted]").count()).toBe(3);
  await publish(stage, titled("One"));
  await eventually(toasted).toEqual(["One"]);
  const counts = [0, 1, 2].map((n) => hosts.nth(n).locator(".toast").count());
  expect(await Promise.all(counts)).toEqual([0, 0, 1]);
  // The first visible element announces, even with `no-toasts`.
  await eventually(() => hosts.nth(1).getByText("New notification: One").count()).toBe(1);
  expect(await hosts.nth(2).locator(".bell").isVisible()).toBe(true);
});
