// A wrong set-up is one warning in the console: the address, the answer, and the expected one.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tokenOf } from "../support/backend.ts";
import { pageOf } from "./app-site.ts";
import { eventually, publish, type Screen, titled, useStage, visit } from "./stage.ts";

const stage = useStage();
let screen: Screen;
let warned: string[] = [];

/** The test's answer to each request but a preflight; `asked` counts all requests. */
let answer: (response: ServerResponse, request: IncomingMessage) => unknown;
let asked = 0;
const app = createServer((request, response) => {
  asked += 1;
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "*");
  // The browser's CORS preflight.
  if (request.method === "OPTIONS") response.end();
  else answer(response, request);
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((done) => app.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/token`;
});
afterAll(() => {
  app.closeAllConnections();
  app.close();
});

/** Opens a page without a content policy, whose tokens come from `url`. */
async function begin(attributes = `token-url="${url}?key=hush-hush"`): Promise<void> {
  warned = [];
  asked = 0;
  stage.site.html = pageOf(`<belfry-inbox url="${stage.proxy.url}" ${attributes}></belfry-inbox>`);
  screen = await visit(stage, { bypassCSP: true }, undefined, async (page) => {
    await page.clock.install();
    page.on("console", (message) => {
      if (message.type() === "warning") warned.push(message.text());
    });
  });
}

/** Moves the clock until the element has asked more than `times` again: its waits grow to half a minute. */
async function asksAgain(times: number): Promise<void> {
  const before = asked;
  await eventually(async () => {
    await screen.page.clock.runFor(5_000);
    return asked - before;
  }).toBeGreaterThan(times);
}

/** Returns the warning that the SDK writes once its second attempt has failed, too. */
const said = (came: string) =>
  `belfry: ${stage.proxy.url}: token: Error: token-url ${url}: expected {"token":"…"} from a POST, came ${came}`;

const plain = (status: number, type: string, body: string) => (response: ServerResponse) =>
  response.writeHead(status, { "content-type": type }).end(body);
const json = (body: object) => plain(200, "application/json", JSON.stringify(body));

const LOGIN = "<!doctype html><title>Log in</title>";
const JWT = await tokenOf("ada");

it.each([
  ["a login page", plain(200, "text/html", LOGIN), `200 text/html: ${LOGIN}`],
  ["a token as text", plain(200, "text/plain", JWT), "200 text/plain: …"],
  ["another name", json({ jwt: JWT }), '200 application/json: {"jwt":"…"}'],
  [
    "OAuth's name",
    json({ access_token: "short", expires_in: 60 }),
    '200 application/json: {"access_token":"…","expires_in":60}',
  ],
  ["an empty token", json({ token: "" }), '200 application/json: {"token":"…"}'],
  ["a number", json({ token: 7 }), '200 application/json: {"token":7}'],
  ["no JSON", plain(200, "application/json", "{token:"), "200 application/json: {token:"],
  ["404", plain(404, "text/html", "Cannot POST /token"), "404 text/html: Cannot POST /token"],
  ["500", plain(500, "text/plain", "Oops"), "500 text/plain: Oops"],
  ["nothing", (response: ServerResponse) => response.writeHead(204).end(), "204 null: "],
])("token-url that answers %s", async (_, wrong, came) => {
  answer = wrong;
  await begin();
  await asksAgain(1);
  await eventually(() => warned).toEqual([said(came)]);
  // It keeps trying, and does not repeat the warning.
  await asksAgain(3);
  expect(warned).toEqual([said(came)]);
  await screen.bell.click();
  const banner = screen.page.locator(".banner");
  await asksAgain(1);
  await banner.waitFor();
  expect(await banner.textContent()).toContain("Connecting…");
  expect(await screen.page.getByText("Reconnecting…").count()).toBe(0);
  await publish(stage, titled("One"));
  answer = json({ token: JWT });
  await asksAgain(0);
  await screen.item("One").waitFor();
});

it("token-url that redirects to a login page", async () => {
  answer = (response, { url: path = "" }) => {
    if (path.startsWith("/login")) plain(200, "text/html", LOGIN)(response);
    else response.writeHead(302, { location: "/login?next=hush-hush" }).end();
  };
  await begin();
  await asksAgain(1);
  const login = url.replace("/token", "/login");
  await eventually(() => warned).toEqual([said(`200 text/html from ${login}: ${LOGIN}`)]);
});

it("token-url of another origin without CORS headers, or without an answer", async () => {
  answer = (response) => {
    response.removeHeader("access-control-allow-origin");
    json({ token: JWT })(response);
  };
  await begin();
  const text = said("no answer that this page may read");
  await asksAgain(1);
  await eventually(() => warned.filter((one) => one.startsWith("belfry"))).toEqual([text]);
  answer = (response) => response.destroy();
  await asksAgain(1);
  expect(warned.filter((one) => one.startsWith("belfry"))).toEqual([text]);
});

it("a second fault before the first connection is not reported", async () => {
  answer = plain(500, "text/plain", "One");
  await begin();
  await asksAgain(1);
  await eventually(() => warned).toEqual([said("500 text/plain: One")]);
  answer = plain(404, "text/plain", "Two");
  await asksAgain(2);
  expect(warned.length).toBe(1);
});

it("the token null means that nobody is signed in, as 401 does", async () => {
  answer = json({ token: null });
  await begin();
  await screen.bell.click();
  await screen.page.getByText("Sign in to see your notifications.").waitFor();
  expect(warned).toEqual([]);
});

it.each(["ws://hub.example.com", "https://[", "mailto:x"])("url that is %s", async (wrong) => {
  await begin('token-url="/token"');
  await screen.bell.waitFor();
  await screen.host.evaluate((host, url) => host.setAttribute("url", url), wrong);
  await eventually(() => warned).toEqual([
    `belfry: url: expected the hub's http or https address, came ${wrong}`,
  ]);
  expect(await screen.bell.count()).toBe(0);
});

it("url in capitals leads to the hub", async () => {
  await begin('token-url="/token"');
  await publish(stage, titled("One"));
  await screen.host.evaluate(
    (host, url) => host.setAttribute("url", url),
    stage.proxy.url.replace("http", "HTTP"),
  );
  await eventually(() => screen.bell.getAttribute("aria-label")).toContain("1 unread");
});
