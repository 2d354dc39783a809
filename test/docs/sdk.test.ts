// The code in docs/sdk.md runs, block by block, against a real hub.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { Inbox, inbox } from "../../src/client/inbox.ts";
import { createClient } from "../../src/client/index.ts";
import { createHub } from "../../src/client/server.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { bundled, runModule, snippetsOf } from "./snippets.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(resolve(ROOT, "docs/sdk.md"), "utf8");
const snippets = (language: string) =>
  snippetsOf("docs/sdk.md").filter((snippet) => snippet.language === language);
const ENTRIES = ["client", "inbox", "sse", "tabs", "react", "server"];
const fileOf = (entry: string) => `src/client/${entry === "client" ? "index" : entry}.ts`;

let hub: Hub;
let app: Server;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  const token = () => tokenOf("ada", { "topic:*": ["subscribe", "publish"] });
  app = createServer(async (_request, response) => response.end(await token()));
  await new Promise<void>((listening) => app.listen(0, "127.0.0.1", listening));
  const APP = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  Object.assign(globalThis, { HUB: hub.url, KEY: API_KEY, APP, fetchToken: token });
  await call(hub.url, "POST", "/v1/users/ada/notifications", { notification: { title: "Hello" } });
});
afterAll(async () => {
  app.close();
  await hub.stop();
});

it.each(snippets("js"))("what stands under $heading runs", async ({ code }) => {
  await runModule(await bundled(code));
});

it("the code under React compiles, and its imports exist", async () => {
  const [line, block, ...others] = snippets("jsx");
  expect(others).toEqual([]);
  expect(await bundled(block?.code ?? "")).toContain("BelfryProvider");
  // The same app inside the provider that changes with the user.
  const app =
    block?.code.replace("<BelfryProvider client={client}>", line?.code.trim() ?? "") ?? "";
  expect(app).toContain("key={user.id}");
  expect(await bundled(`const user = { id: "ada" };\n${app}`)).toContain("user.id");
});

it("every entry is in the table, and every method on the page exists", async () => {
  for (const entry of ENTRIES) expect(PAGE).toContain(`| \`belfry/${entry}\``);
  const sources = ENTRIES.map((entry) => readFileSync(resolve(ROOT, fileOf(entry)), "utf8")).join();
  const methods = [...PAGE.matchAll(/`(\w+)\((?:offsets|listener)?\)`/g)].map(
    ([, name = ""]) => name,
  );
  const topics = ["client", "topic", "server/user", "server/topic"]
    .map((name) => readFileSync(resolve(ROOT, `src/client/${name}.ts`), "utf8"))
    .join();
  expect(methods.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources + topics))).toEqual([]);
});

it("the page names everything that an app can call", async () => {
  const modules = ENTRIES.map((entry) => import(resolve(ROOT, fileOf(entry))));
  const exported = (await Promise.all(modules)).flatMap(Object.keys);
  const client = createClient({ url: hub.url, token: "t" });
  const store = inbox(client);
  const backend = createHub({ url: hub.url, key: "bk_k" });
  const members = [
    ...[client, client.topic("t")],
    ...[backend, backend.user("u"), backend.topic("t")],
  ].flatMap(Object.keys);
  const methods = [...Object.keys(store), ...Object.getOwnPropertyNames(Inbox.prototype)];
  client.close();
  const named = (name: string) => new RegExp(`\\b${name}\\b`).test(PAGE);
  const all = [...exported, ...members, ...methods].filter((name) => name !== "constructor");
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter((name) => !named(name))).toEqual([]);
});
