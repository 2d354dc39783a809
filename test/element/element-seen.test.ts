// Marks as seen: a list that nobody can see marks nothing.

import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;

const unseen = async () =>
  (await call(stage.hub.url, "GET", "/v1/users/ada/notifications")).json.counts.unseen;
const shows = (...titles: string[]) =>
  eventually(() => screen.page.locator(".item-title").allTextContents()).toEqual(titles);
/** Resolves once the element's observer has reported on the page as it is now. */
const settle = () =>
  screen.page.evaluate(
    () =>
      new Promise<void>((done) => {
        // The element's observer reports at most every 100 ms. This one has the same delay, and its node
        // comes and goes: by its fourth report the element's had time for three.
        const probe = document.createElement("div");
        Object.assign(probe.style, { position: "fixed", top: "0", width: "1px", height: "1px" });
        let reports = 0;
        const observer = new IntersectionObserver(
          () => {
            reports += 1;
            probe.style.left = reports % 2 ? "-500px" : "0";
            if (reports < 4) return;
            observer.disconnect();
            probe.remove();
            done();
          },
          { trackVisibility: true, delay: 100 } as IntersectionObserverInit,
        );
        document.body.append(probe);
        observer.observe(probe);
      }),
  );

/** Opens a page with an inline element between two pieces of markup. */
async function begin(before: string, after = "</div>"): Promise<void> {
  await publish(stage, titled("One"));
  const element = `<belfry-inbox inline url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`;
  stage.site.html = pageOf("").replace("</main>", `${before}${element}${after}</main>`);
  screen = await visit(stage);
  await screen.loaded();
}

const change = (selector: string, name: string, value: string | null) =>
  screen.page.locator(selector).evaluate(
    (node, [name, value]) => {
      if (value === null) node.removeAttribute(name);
      // The page's policy forbids the attribute `style` in markup, and allows a script to set styles.
      else if (name === "style") Object.assign((node as HTMLElement).style, JSON.parse(value));
      else node.setAttribute(name, value);
    },
    [name, value] as const,
  );

it.each([
  ["a hidden part", "<div id=around hidden>", "</div>", "#around", "hidden", null],
  ["a hidden element", "<div>", "</div>", "belfry-inbox", "hidden", null],
  ["a closed <details>", "<details><summary>Inbox</summary>", "</details>", "details", "open", ""],
] as [string, string, string, string, string, string | null][])(
  "within %s nothing is seen until it is shown",
  async (_, before, after, ...shown) => {
    await begin(before, after);
    if (shown[0] === "belfry-inbox") await change("belfry-inbox", "hidden", "");
    await settle();
    if (shown[0] !== "belfry-inbox") expect(await unseen()).toBe(1);
    await publish(stage, titled("Two"));
    await shows("Two", "One");
    await settle();
    expect(await unseen()).toBeGreaterThanOrEqual(1);
    await change(...shown);
    await eventually(unseen).toBe(0);
  },
);

it.each([
  ["display", "none", "block"],
  ["visibility", "hidden", "visible"],
  ["contentVisibility", "hidden", "visible"],
  ["opacity", "0", "1"],
])("with %s: %s nothing is seen until it is shown", async (property, hidden, shown) => {
  // Hidden from the beginning, by a script: the page's policy allows no `style` attribute.
  await publish(stage, titled("One"));
  const element = `<belfry-inbox inline url="${stage.proxy.url}" token-url="/token"></belfry-inbox>`;
  stage.site.html = pageOf("").replace("</main>", `<div id="around">${element}</div></main>`);
  screen = await visit(stage, {}, undefined, (page) =>
    page.addInitScript(
      ([property, value]) => {
        document.addEventListener("readystatechange", () => {
          const around = document.querySelector<HTMLElement>("#around");
          if (around && document.readyState === "interactive")
            Object.assign(around.style, { [property as string]: value });
        });
      },
      [property, hidden],
    ),
  );
  await screen.loaded();
  await shows("One");
  await settle();
  expect(await unseen()).toBe(1);
  await change("#around", "style", JSON.stringify({ [property]: shown }));
  await eventually(unseen).toBe(0);
});

it("below the fold nothing is seen until the user scrolls there", async () => {
  await begin('<div id="above"></div>', "");
  await change("#above", "style", JSON.stringify({ height: "3000px" }));
  // The first message may have been in view before it was pushed down; the second cannot be.
  await settle();
  await publish(stage, titled("Two"));
  await shows("Two", "One");
  await settle();
  expect(await unseen()).toBeGreaterThanOrEqual(1);
  await screen.host.scrollIntoViewIfNeeded();
  await eventually(unseen).toBe(0);
});

it("in view all of it is seen, also later arrivals", async () => {
  await begin("<div>");
  await eventually(unseen).toBe(0);
  await publish(stage, titled("Two"));
  await shows("Two", "One");
  await eventually(unseen).toBe(0);
});
