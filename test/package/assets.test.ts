// The modules that a hub serves to pages without a bundler, on the hub that `npm start` runs.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

let storage: string;
let server: ChildProcess;
let url: string;
beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), "belfry-assets-"));
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const args = ["dev", "--ip=127.0.0.1", "--port=0", `--persist-to=${storage}`];
  server = spawn(process.execPath, [wrangler, ...args, "--show-interactive-dev-session=false"], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    const ready = /Ready on (http:\/\/\S+)/.exec(line)?.[1];
    if (ready !== undefined) {
      url = ready;
      break;
    }
  }
  // Later output must not fill the pipe.
  server.stdout?.resume();
});
afterAll(async () => {
  const exited = new Promise((done) => server.once("exit", done));
  server.kill("SIGTERM");
  await exited;
  await rm(storage, { recursive: true, force: true });
});

it.each([
  ["belfry.js", ["createClient", "inbox"]],
  ["belfry-inbox.js", ["belfry-inbox", "belfry-inbox-list.js"]],
  ["belfry-inbox-list.js", ["createListing"]],
])("/%s is a module that a page of any origin may load", async (name, contents) => {
  const response = await fetch(`${url}/${name}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/javascript/);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  const text = await response.text();
  for (const each of contents) expect(text).toContain(each);
});

it("a path that is no file goes to the Worker", async () => {
  const health = await fetch(`${url}/v1/health`);
  expect(await health.json()).toEqual({ status: "ok" });
  const unknown = await fetch(`${url}/v1/belfry.js`);
  expect(unknown.status).toBe(404);
  expect(unknown.headers.get("content-type")).toBe("application/problem+json");
  const published = await fetch(`${url}/v1/users/ada/notifications`, { method: "POST" });
  expect(published.status).not.toBe(405);
});
