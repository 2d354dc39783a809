// How it looks in each circumstance, for a person to look at: test/element/screenshots.

import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pageOf } from "./site.ts";
import { forget, publish, type Screen, type Stage, setStage, titled, visit } from "./stage.ts";

const SHOTS = join(import.meta.dirname, "screenshots");
const shoot = ({ page }: Screen, name: string) =>
  page.screenshot({ path: join(SHOTS, `${name}.png`) });

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  await seed();
});
afterAll(() => stage.stop());

async function seed() {
  const old = Array.from({ length: 8 }, (_, i) =>
    titled(
      `Build ${110 + i} passed`,
      { category: "ci" },
      { body: "main · 4 minutes 12 seconds", url: "/b" },
    ),
  );
  await publish(stage, old);
  const { epoch } = (await publish(stage, titled("x", { ttl: 0 }))).json;
  await publish(stage, [
    titled(
      "Invoice 2026-018 is due in three days",
      { category: "billing" },
      {
        body: "€ 1,240.00 to Hetzner Online GmbH. Pay before 24 November to avoid a late fee.",
        url: "/i",
        actions: [
          { action: "pay", title: "Pay now", url: "/pay" },
          { action: "later", title: "Remind me" },
        ],
      },
    ),
    titled(
      "Grace Hopper mentioned you in “Launch plan”",
      { category: "comments" },
      {
        body: "“@ada can you check the numbers in the second table before Thursday? I think the third row is off by one.”",
        url: "/c",
        icon: "/picture.svg",
      },
    ),
    titled(
      "Build 118 failed",
      { category: "ci" },
      {
        body: "test/inbox/state.test.ts: 2 of 412 tests failed",
        url: "/b/118",
        actions: [
          { action: "log", title: "View log", url: "/log" },
          { action: "retry", title: "Retry" },
        ],
      },
    ),
    titled(
      "Deployed to production",
      { category: "ci" },
      { body: "main is live in 14 regions.", url: "/d" },
    ),
  ]);
  return epoch;
}

it("light", async () => {
  const screen = await visit(stage, {
    colorScheme: "light",
    viewport: { width: 900, height: 760 },
  });
  await screen.open();
  console.log(await screen.page.locator(".scroller").evaluate((n) => n.scrollTop));
  await screen.page
    .locator("article")
    .first()
    .evaluate((n) => console.log(n.innerText));
  console.log(await screen.page.locator("article").allInnerTexts());
  await screen.item("Grace").hover();
  console.log(await screen.page.locator(".scroller").evaluate((n) => n.scrollTop));
  await shoot(screen, "light");
  await screen.leave();
});
