// The page of `npm start` in a real browser.

import { execFile } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createHub } from "../../src/client/server.ts";
import { argumentsOf, parseCurl, performCall } from "../docs/curl.ts";
import { launchBrowser } from "../examples/browser.ts";
import { type Development, ROOT, Screen, spawnStart, startDevelopment } from "./development.ts";

/** Long enough for a token to expire, on a busy machine. */
const PATIENT_MS = 45_000;

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
  for (const user of ["ada", "bob"])
    await fetch(`${hub.url}/v1/users/${user}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${hub.key}` },
    });
  screen = await Screen.open(browser, hub.url);
});
afterEach(() => screen.leave());

/** Returns the titles of the messages that the hub keeps for a user, newest first. */
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
  const history = screen.page.locator("#history tr");
  await history.filter({ hasText: "Into the inbox" }).waitFor();
  await screen.page.locator("#log").selectOption("user:ada");
  await history.filter({ hasText: "For Ada alone" }).waitFor();
  await screen.shoot("light");
});

it.each([
  ["wide", 1440],
  ["on a phone", 390],
])("shows the outcome of each publish beside the button, %s", async (name, width) => {
  const other = await Screen.open(browser, hub.url, { viewport: { width, height: 844 } });
  other.expect(/422/);
  const outcome = other.page.locator("#outcome");
  const says = (text: string) => outcome.getByText(text).waitFor();
  await other.publish({ to: "user:bob", title: "Stored" });
  await says("201, stored at");
  await other.page.getByRole("button", { name: "Send the last again" }).click();
  await says("200, duplicate of");
  await other.publish({ url: "javascript:alert(1)" });
  await says("422: ");
  expect(await outcome.getAttribute("class")).toBe("bad");
  const [button, said] = [
    await other.page.locator("#send").boundingBox(),
    await outcome.boundingBox(),
  ];
  expect(Math.abs((said?.y ?? 0) - (button?.y ?? 0))).toBeLessThan(100);
  await other.shoot(`refused, ${name}`);
  await other.publish({ url: "" });
  await says("201, stored at");
  await other.leave();
});

it("a click on a notification with a link shows its address, and does not open it", async () => {
  await screen.publish({ to: "user:ada", title: "Leads away", url: "/builds/118" });
  await screen.item("ada", "Leads away").getByRole("link").click();
  await screen.note("ada", "would open /builds/118");
  expect(screen.page.url()).toBe(`${hub.url}/`);
  await screen.frames('"type":"read"').waitFor();
});

it("when the clipboard refuses, the page says so and selects the lines", async () => {
  await screen.page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"));
  });
  await screen.page.getByRole("button", { name: "Copy" }).click();
  await screen.page.getByRole("button", { name: "Refused: it is selected" }).waitFor();
  const selected = await screen.page.evaluate(() => `${getSelection()}`);
  expect(selected).toBe(await screen.line.textContent());
});

it("times each publish by its own arrival, also when another publish has the same id", async () => {
  const row = (title: string) =>
    screen.page.locator("#publishes tr").filter({ hasText: title }).locator("td").allInnerTexts();
  const time = expect.stringMatching(/^[\d.]+ m?s$/);
  for (const user of ["ada", "bob"]) {
    await screen.publish({ to: `user:${user}`, id: "shared", title: `Once for ${user}` });
    await screen.item(user, `Once for ${user}`).waitFor();
  }
  await expect
    .poll(() => row("Once for ada"))
    .toEqual([...Array(3).fill(expect.anything()), time, "–"]);
  expect(await row("Once for bob")).toEqual([...Array(3).fill(expect.anything()), "–", time]);
});

it("prints lines for curl, SDK and CLI that send the same message", async () => {
  await screen.fill({
    to: "user:ada",
    title: "It's “quoted” & $HOME `id`",
    body: "two\nlines \\n",
    type: "test.quotes",
    data: '{"a":[1,"it\'s"]}',
    ttl: "600",
  });
  await screen.page.getByRole("button", { name: "Copy" }).click();
  const line = await screen.page.evaluate(() => navigator.clipboard.readText());
  expect(line).toBe(await screen.line.textContent());
  const printed: Record<string, string | null> = {};
  for (const name of ["SDK", "CLI"]) {
    await screen.page.getByLabel(name, { exact: true }).check();
    printed[name] = await screen.line.textContent();
  }
  await screen.publish({});
  await screen.item("ada", "It's “quoted”").waitFor();

  // All three send the same as the form: to the hub they are the same publish.
  const sameAs = { status: 200, headers: "true" };
  const curl = await argumentsOf(line, { PATH: process.env.PATH ?? "" });
  const answer = await performCall(parseCurl(curl), AbortSignal.timeout(20_000));
  expect({ status: answer.status, headers: answer.headers.get("idempotency-replayed") }).toEqual(
    sameAs,
  );
  expect(await printedBySdk(printed.SDK ?? "")).toMatchObject({ duplicate: true });
  expect(await printedByCli(printed.CLI ?? "")).toMatchObject({ duplicate: true });
  expect(await keptOf("ada")).toHaveLength(1);
});

/** Runs the lines for the SDK without their import of a package. */
function printedBySdk(lines: string): Promise<unknown> {
  const body = lines.replace(/^import .*\n/, "").replace("await hub", "return hub");
  const run = new Function("createHub", "process", body);
  return run(createHub, { env: { BELFRY_KEY: hub.key } });
}

/** Runs the command with this checkout's CLI. */
async function printedByCli(command: string): Promise<unknown> {
  const own = command.replace("npx belfry", '"$NODE" src/cli/main.ts');
  const { stdout } = await promisify(execFile)("sh", ["-euc", own], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? "",
      NODE: process.execPath,
      BELFRY_URL: hub.url,
      BELFRY_KEY: hub.key,
    },
  });
  return JSON.parse(stdout);
}

it("explains wrong input, and refusals of the hub", async () => {
  const fault = screen.page.locator("#fault");
  await screen.publish({ to: "ada" });
  expect(await fault.textContent()).toContain("user:<id>");
  // A blank `ttl` must not become 0, with which the hub keeps nothing.
  await screen.fill({ to: "user:ada", ttl: " " });
  expect(await screen.line.textContent()).not.toContain("ttl");
  await screen.publish({ ttl: "", data: "{" });
  expect(await fault.textContent()).toContain("not JSON");
  expect(await screen.page.locator("[name=data]").getAttribute("aria-invalid")).toBe("true");
  await screen.publish({ data: "", title: "", body: "" });
  await screen.page.locator("#timeline").getByText("bad_request").waitFor();
  expect(await screen.page.locator("#publishes tr").count()).toBe(1);
  screen.expect(/status of 400/);
});

it("a dropped socket and an offline one resume without losing or repeating a message", async () => {
  await screen.publish({ to: "topic:news", title: "Before" });
  await screen.live("bob", "Before").waitFor();

  await screen.press("bob", "Go offline");
  await screen.state("bob", "offline");
  for (const title of ["Missed one", "Missed two", "Missed three"]) {
    await screen.publish({ to: "topic:news", title });
    await screen.live("ada", title).waitFor();
  }
  await screen.publish({ to: "user:bob", title: "Missed at home" });
  await screen.page.locator("#timeline").getByText("not yet").waitFor();
  expect(await screen.live("bob", "Missed").count()).toBe(0);
  await screen.shoot("offline");
  for (const button of ["Drop the socket", "Expire the token"])
    expect(await screen.pane("bob").getByRole("button", { name: button }).isDisabled()).toBe(true);
  await screen.press("bob", "Go online");
  await screen.item("bob", "Missed at home").waitFor();
  await screen.note("bob", "4 messages that it had missed came by cursor");
  expect(await screen.pane("bob").locator(".topic-feed li").allInnerTexts()).toEqual(
    ["Missed three", "Missed two", "Missed one", "Before"].map((title) =>
      expect.stringContaining(title),
    ),
  );

  await screen.press("ada", "Drop the socket");
  await screen.state("ada", "dropped");
  await screen.publish({ to: "user:ada", title: "While it was dropped" });
  await screen.item("ada", "While it was dropped").waitFor();
  await screen.note("ada", "1 message that it had missed");
  expect(await screen.number("Reconnects")).toBe("2");
  expect(await screen.number("Shown twice")).toBe("0");
  expect(await screen.frames('"recovered":false').count()).toBe(0);
});

it("missed messages do not count for the latency", async () => {
  await screen.press("bob", "Go offline");
  await screen.state("bob", "offline");
  await screen.publish({ to: "user:bob", title: "Missed" });
  await screen.page.locator("#timeline").getByText("not yet").waitFor();
  await screen.press("bob", "Go online");
  await screen.note("bob", "1 message that it had missed");
  const row = screen.page.locator("#publishes tr").locator("td").last();
  await expect.poll(() => row.textContent()).toMatch(/^[\d.]+ m?s$/);
  expect(await screen.number("Median latency")).toBe("–");
  await screen.publish({ to: "user:bob", title: "Live" });
  await expect.poll(() => screen.number("Median latency")).toMatch(/^[\d.]+ m?s$/);
});

it("the note on an expiring token is replaced once the user goes offline", async () => {
  await screen.press("ada", "Expire the token");
  await screen.note("ada", "The token ends in 4 seconds.");
  await screen.press("ada", "Go offline");
  await screen.note("ada", "Away. What is published now comes when it is back.");
});

it("a stopped hub is reported in each place of the page that needs it", async () => {
  const own = await startDevelopment();
  const other = await Screen.open(browser, own.url, { viewport: { width: 1110, height: 900 } });
  other.expect(/WebSocket connection to|Failed to load resource/);
  const header = other.pane("ada").locator("header").first();
  const height = async () => (await header.boundingBox())?.height;
  const before = await height();
  await own.stop();
  await other.state("ada", "hub not reachable, back in");
  await other.note("ada", "The hub does not answer.");
  expect(await height()).toBe(before);
  await other.publish({ to: "user:ada", title: "To nobody" });
  await other.page.locator("#outcome").getByText("hub not reachable").waitFor();
  await other.shoot("stopped");
  await other.leave();
});

it("an expired token is replaced, and nothing is lost", { timeout: 2 * PATIENT_MS }, async () => {
  await screen.press("ada", "Expire the token");
  await screen.note("ada", "The token ends in 4 seconds.");
  // Wait for the frame, which stays: the text beside the state may be gone too soon.
  await screen.frames('"code":4002').waitFor({ timeout: PATIENT_MS });
  await screen.publish({ to: "user:ada", title: "Between two tokens" });
  await screen.item("ada", "Between two tokens").waitFor();
  expect(await screen.number("Reconnects")).toBe("1");
  expect(await screen.frames('"token":"…"').count()).toBe(1);
});

it("a duplicate is answered and not stored again; fifty messages come once each", async () => {
  await screen.publish({ to: "user:bob", title: "Only once" });
  await screen.item("bob", "Only once").waitFor();
  await screen.page.getByRole("button", { name: "Send the last again" }).click();
  await screen.page.locator("#timeline").getByText("200, duplicate of").waitFor();
  await screen.fill({ title: "Many" });
  await screen.page.getByRole("button", { name: "Send 50" }).click();
  await screen.page.locator("#timeline").getByText("50 stored").waitFor();
  await screen.item("bob", "Many 50").waitFor();
  await screen.shoot("many");
  expect((await keptOf("bob")).filter((title) => title === "Only once")).toHaveLength(1);
  expect((await keptOf("bob")).filter((title) => title?.startsWith("Many"))).toHaveLength(50);
  expect(await screen.number("Shown twice")).toBe("0");
});

it("shows the frames of both directions, and filters them", async () => {
  await screen.publish({ to: "user:ada", title: "Framed" });
  await screen.frames("Framed").waitFor();
  expect(await screen.frames('"type":"connected"').count()).toBe(2);
  const { page } = screen;
  await page.getByLabel("Of whom").selectOption("bob");
  expect(await screen.frames("ada").count()).toBe(0);
  await page.getByLabel("Of whom").selectOption("");
  await page.getByLabel("Which way").selectOption("up");
  expect(await screen.frames("from hub").count()).toBe(0);
  await page.getByLabel("Which way").selectOption("");
  await page.getByLabel("Filter by text").fill("framed");
  await screen.frames("Framed").first().locator("summary").click();
  await screen.frames('  "type": "messages"').waitFor();
  await page.getByLabel("Filter by text").fill("");
  await page.getByRole("button", { name: "Clear" }).click();
  expect(await screen.frames("").count()).toBe(0);
});

it("works by keyboard alone", async () => {
  const { page } = screen;
  await page.locator("[name=to]").focus();
  await page.keyboard.press("Enter");
  await page.locator("#publishes tr").waitFor();
  const reached = new Set<string>();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ""));
  }
  for (const name of ["Publish", "Copy", "Drop the socket", "Go offline", "Expire the token"])
    expect(reached).toContain(name);
});

it.each([
  ["dark", { colorScheme: "dark" as const }],
  ["narrow", { viewport: { width: 420, height: 900 } }],
  ["wide", { viewport: { width: 1920, height: 1080 }, colorScheme: "dark" as const }],
])("looks right: %s", async (name, options) => {
  const other = await Screen.open(browser, hub.url, options);
  await other.publish({ to: "topic:news", title: `How it looks, ${name}`, data: '{"build":118}' });
  await other.live("bob", `How it looks, ${name}`).waitFor();
  await other.page.getByLabel("SDK", { exact: true }).check();
  const [inner, outer] = await other.page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(inner).toBe(outer);
  await other.shoot(name);
  await other.leave();
});

it("a second start is refused on storage that this one writes", async () => {
  const second = await spawnStart(hub.storage);
  const ended = once(second, "exit");
  second.stdout?.on("data", (piece) => {
    if (`${piece}`.includes("Belfry is up")) second.kill();
  });
  const said = await text(second.stderr as Readable);
  expect((await ended)[0]).toBe(1);
  expect(said).toContain(`A hub runs already at ${hub.url}`);
});

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends the hub with the script",
  async (signal) => {
    const own = await startDevelopment();
    // Null means that the signal killed the script, which could then stop nothing.
    expect(await own.stop(signal)).not.toBeNull();
    await expect(fetch(own.url)).rejects.toThrow();
  },
);
