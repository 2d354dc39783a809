// belfry doctor against a working hub, an unconfigured one, one that fails every call, and no hub at all.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { newKey } from "../../src/operate/credentials.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { parsed, run } from "./belfry.ts";

const all = newKey("all");
const reader = newKey("reader", ["read"]);

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"), { API_KEYS: JSON.stringify([all.entry, reader.entry]) });
});
afterAll(() => hub.stop());

const doctor = async (url: string, key: string) => {
  const { code, out, errors } = await run(["doctor"], { url, key });
  const findings = parsed(out);
  return {
    code,
    errors,
    outcomes: Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome])),
    details: Object.fromEntries(findings.map(({ check, detail }) => [check, detail])),
  };
};

it("a working hub is exit code 0, and nothing is left of the trial's user", async () => {
  const { code, outcomes, details, errors } = await doctor(hub.url, all.key);
  expect({ code, errors }).toEqual({ code: 0, errors: [] });
  expect(outcomes).toEqual({
    address: "ok",
    reachable: "ok",
    key: "ok",
    "round trip": "ok",
    clock: "ok",
  });
  expect(details.key).toBe("it may publish, read, manage, tokens");
});

it("prints one line for each check for a person", async () => {
  const { out } = await run(["doctor"], { url: hub.url, key: all.key, terminal: true });
  expect(out.map((line) => line.slice(0, 19))).toEqual([
    "ok       address   ",
    "ok       reachable ",
    "ok       key       ",
    "ok       round trip",
    "ok       clock     ",
  ]);
});

it("a key with fewer scopes is well, and checks that need more are skipped", async () => {
  const { code, outcomes, details } = await doctor(hub.url, reader.key);
  expect(code).toBe(0);
  expect(details.key).toBe("it may read; not publish, manage, tokens");
  expect(outcomes["round trip"]).toBe("skipped");
});

it("another hub's key is exit code 1, and the report says how to make one", async () => {
  const { code, outcomes, details } = await doctor(hub.url, newKey("other").key);
  expect(code).toBe(1);
  expect(outcomes.key).toBe("failed");
  expect(details.key).toContain("npm run keys");
});

it("a hub without configuration is exit code 1, and the report says what to run", async () => {
  const bare = await startHub(inject("bundle"), { API_KEYS: undefined, JWT_SECRETS: undefined });
  const { code, outcomes, details } = await doctor(bare.url, all.key);
  expect(code).toBe(1);
  expect(outcomes.key).toBe("failed");
  expect(details.key).toContain("npm run keys");
  await bare.stop();
});

it("no hub is exit code 3", async () => {
  const gone = await startHub(inject("bundle"));
  await gone.stop();
  const { code, outcomes, errors } = await doctor(gone.url, all.key);
  expect(code).toBe(3);
  expect(outcomes).toEqual({ address: "ok", reachable: "failed" });
  expect(errors).toEqual(["belfry doctor: nothing else can be checked"]);
});

it.each([
  ["a fault of its own", 500, { title: "Internal error", code: "internal", temporary: true }],
  ["what is no hub's", 404, "<h1>Not found</h1>"],
])("a healthy hub with %s for every call is exit code 1", async (_what, status, body) => {
  const server = createServer(({ url }, response) =>
    url === "/v1/health"
      ? response.end('{"status":"ok"}')
      : response.writeHead(status).end(JSON.stringify(body)),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, outcomes } = await doctor(url, all.key);
  expect(code).toBe(1);
  expect(outcomes).toMatchObject({ reachable: "ok", key: "failed", "round trip": "skipped" });
  server.close();
});

it.each([
  ["a page", 200, "text/html", "<!doctype html><title>Hello</title>"],
  ["a page that is not there", 404, "text/html", "<h1>Not found</h1>"],
  ["other JSON", 200, "application/json", '{"hello":"world"}'],
])("a server that answers with %s is no hub (exit code 3)", async (_what, status, type, body) => {
  const server = createServer((_request, response) =>
    response.writeHead(status, { "content-type": type }).end(body),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await doctor(url, all.key)).code).toBe(3);
  expect((await run(["inbox", "ada"], { url })).code).toBe(3);
  server.close();
});
