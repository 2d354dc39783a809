// docs/guides is true: its programs and calls are run against a real hub, its configurations are read, and
// the index has every page.

import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { createHub } from "../../src/client/server.ts";
import { settingsOf, type Vars } from "../../src/settings/settings.ts";
import { verifyToken } from "../../src/trust/token.ts";
import { launchBrowser } from "../examples/browser.ts";
import { tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY, TEST_VARS } from "../support/vars.ts";
import { argumentsOf, parseCurl, performCall } from "./curl.ts";
import { bundled, runModule, snippetsOf } from "./snippets.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const GUIDES = join(ROOT, "docs/guides");

const codeOf = (page: string, language: string, heading: string) =>
  snippetsOf(`docs/guides/${page}.md`).find(
    (each) => each.language === language && each.heading === heading,
  )?.code ?? "";

let hub: Hub;
let folder: string;
let server: Server;
let app: string;
/** The user of the app's session. */
let signedIn = "ada";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "belfry-guides-"));
  server = createServer(async ({ url = "" }, response) => {
    if (url === "/belfry-token")
      return response.end(JSON.stringify({ token: await tokenOf(signedIn) }));
    const isScript = url.endsWith(".js");
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(
      isScript
        ? await readFile(join(ROOT, "dist/assets", url), "utf8")
        : `<script type="module" src="/belfry-inbox.js"></script>
           <belfry-inbox url="${hub.url}" token-url="/belfry-token"></belfry-inbox>`,
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  app = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub = await startHub(inject("bundle"), { ALLOWED_ORIGINS: app });
});
afterAll(async () => {
  server.close();
  await hub.stop();
  await rm(folder, { recursive: true });
});

describe("testing-your-app.md", () => {
  it("tests a backend", async () => {
    const file = join(folder, "backend.test.mjs");
    await writeFile(file, await bundled(codeOf("testing-your-app", "js", "A test of a backend")));
    const { stdout } = await promisify(execFile)(process.execPath, ["--test", file], {
      env: { PATH: process.env.PATH, HUB: hub.url, KEY: API_KEY },
    });
    expect(stdout).toContain("pass 1");
  });

  it("tests a page", { timeout: 60_000 }, async () => {
    const code = codeOf("testing-your-app", "js", "In a browser, with Playwright");
    const runner = join(folder, "playwright-test.mjs");
    await writeFile(runner, "export const test = (_name, run) => (globalThis.run = run);\n");
    Object.assign(process.env, { HUB: hub.url, KEY: API_KEY, APP: app });
    await runModule(await bundled(code.replace("@playwright/test", runner)));
    const browser = await launchBrowser();
    const { run } = globalThis as unknown as { run: (given: object) => Promise<void> };
    await run({ page: await browser.newPage() });
    await browser.close();
  });
});

it("signing-in-and-out.md changes the user, and shows nothing in between", async () => {
  const backend = createHub({ url: hub.url, key: API_KEY });
  await backend.publish("user:first", { notification: { title: "For the first" } });
  await backend.publish("user:second", { notification: { title: "For the second" } });
  signedIn = "first";
  Object.assign(globalThis, { HUB: hub.url, APP: app, KEY: API_KEY });
  const code = `${codeOf("signing-in-and-out", "js", "")}\nglobalThis.session = { store, signedIn, signedOut };`;
  await runModule(await bundled(code));
  const { session } = globalThis as unknown as {
    session: {
      store: {
        getSnapshot(): { notifications: { notification: { title: string } }[] };
        subscribe(listener: (snapshot: { isLoaded: boolean }) => void): () => void;
      };
      signedIn(): void;
      signedOut(): void;
    };
  };
  const { store } = session;
  const titles = () => store.getSnapshot().notifications.map((each) => each.notification.title);
  const loaded = () =>
    new Promise<void>((resolve) => {
      store.subscribe(({ isLoaded }) => isLoaded && resolve());
    });
  await loaded();
  expect(titles()).toEqual(["For the first"]);
  session.signedOut();
  expect(titles()).toEqual([]);
  signedIn = "second";
  session.signedIn();
  await loaded();
  expect(titles()).toEqual(["For the second"]);
  session.signedOut();
  await runModule(await bundled(codeOf("signing-in-and-out", "js", "Everywhere at once")));
});

it("one-notification.md has calls that the hub answers as described", async () => {
  const backend = createHub({ url: hub.url, key: API_KEY });
  await backend.user("ada").erase();
  await backend.user("ada").follow("builds");
  await backend.publish("topic:builds", { type: "build.passed" });
  const page = await readFile(join(GUIDES, "one-notification.md"), "utf8");
  const commands = [...page.matchAll(/^```sh\n(curl .*?)^```$/gms)].map(([, text = ""]) => text);
  const variables = { PATH: process.env.PATH ?? "", HUB: hub.url, KEY: API_KEY };
  const answers = [];
  for (const command of [commands[0] ?? "", ...commands]) {
    const call = parseCurl(await argumentsOf(command, variables));
    const response = await performCall(call, AbortSignal.timeout(10_000));
    answers.push([response.status, await response.json()]);
  }
  expect(answers).toMatchObject([
    [201, { duplicate: false }],
    [200, { duplicate: true }],
    [200, { notifications: expect.any(Array) }],
    [200, { user: "ada", topic: "builds" }],
    [200, { members: 1, behind: expect.any(Number) }],
  ]);
});

it("backups.md exports an inbox, and publishes it again", async () => {
  const backend = createHub({ url: hub.url, key: API_KEY });
  await backend.user("ada").erase();
  await backend.user("ada").follow("news");
  await backend.publish("user:ada", { id: "a", notification: { title: "One" }, ttl: 3600 });
  await backend.publish("user:ada", { type: "two", category: "ci", data: { two: 2 } });
  Object.assign(globalThis, { HUB: hub.url, KEY: API_KEY });
  const code = await bundled(codeOf("backups", "js", "Put an export back"));
  await runModule(code);
  await runModule(`${code}\n// again`);
  const { notifications } = await backend.user("grace").list();
  expect(notifications).toMatchObject([
    { type: "two", category: "ci", data: { two: 2 } },
    { id: "a", notification: { title: "One" } },
  ]);
  expect(await backend.user("grace").follows()).toEqual(["news"]);
});

describe("identity-providers.md", () => {
  const varsOf = (provider: string): Vars =>
    Object.fromEntries(
      [...codeOf("identity-providers", "toml", provider).matchAll(/^(\w+) = "(.*)"$/gm)].map(
        ([, name = "", value = ""]) => [name, value],
      ),
    );

  it.each([
    [
      "Auth0",
      "auth0|5f7c8ec7",
      ["https://belfry.example.com", "https://example.eu.auth0.com/userinfo"],
    ],
    ["Clerk", "user_2NNEqL2nrIRdJ194ndJqAHwEfxC", undefined],
    ["Supabase", "4b0f3a7e-1c55-4f4b-9d39-1d1a5b0c8f11", "authenticated"],
    ["Firebase", "Zk3vT1yP0sXbQ9nR7mW2aB4cD6e8", "example-project"],
  ])("a token of %s opens the user's inbox", async (provider, sub, aud) => {
    const vars = varsOf(provider);
    const settings = settingsOf({ API_KEYS: TEST_VARS.API_KEYS, ...vars });
    if ("fix" in settings) throw new Error(settings.fix);
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const asked = vi.spyOn(globalThis, "fetch").mockImplementation(async () =>
      Response.json({
        keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256" }],
      }),
    );
    const now = Math.floor(Date.now() / 1000);
    const caps = { "topic:news": ["subscribe"] };
    const claims = { sub, iss: vars.JWT_ISSUER ?? "", iat: now, exp: now + 60, caps };
    const sign = (more: object) =>
      new SignJWT({ ...claims, ...(aud === undefined ? {} : { aud }), ...more })
        .setProtectedHeader({ alg: "RS256", kid: "k" })
        .sign(privateKey);
    const check = async (more: object) => verifyToken(settings, await sign(more), Date.now());
    expect(await check({})).toMatchObject({ user: sub, caps });
    await expect(check({ iss: "https://other.example.com" })).rejects.toThrow();
    if (aud !== undefined) await expect(check({ aud: "other" })).rejects.toThrow();
    expect(asked.mock.calls.map(([url]) => url)).toEqual([vars.JWKS_URL]);
    asked.mockRestore();
  });
});

it("environments.md shows the same environment as wrangler.toml", async () => {
  const toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const commented = codeOf("environments", "toml", "").replaceAll(/^(?=.)/gm, "# ");
  expect(commented).not.toBe("");
  expect(toml.endsWith(commented)).toBe(true);
});

it("custom-domain.md has lines that wrangler reads", async () => {
  const toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const config = join(folder, "wrangler.toml");
  await writeFile(
    config,
    toml.replace(/^\[assets\]/m, `${codeOf("custom-domain", "toml", "")}\n[assets]`),
  );
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const read: unknown = readConfig({ config }, { hideWarnings: true });
  expect(read).toMatchObject({
    workers_dev: false,
    routes: [{ pattern: "belfry.example.com", custom_domain: true }],
  });
});

it("README.md lists every guide", async () => {
  const index = await readFile(join(GUIDES, "README.md"), "utf8");
  const pages = (await readdir(GUIDES)).filter((name) => name !== "README.md");
  const listed = [...index.matchAll(/^- \[.*?\]\(([\w-]+\.md)\)/gm)].map(([, name = ""]) => name);
  expect(listed.toSorted()).toEqual(pages.toSorted());
});
