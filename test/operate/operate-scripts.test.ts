// `npm run smoke` and `npm run keys` as a deployer runs them, in processes of their own.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { beforeAll, expect, inject, it } from "vitest";
import { newKey } from "../../src/operate/credentials.ts";
import type { ApiKey } from "../../src/protocol/api-key.ts";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY, TEST_VARS } from "../support/vars.ts";

const OPERATE = resolve(import.meta.dirname, "../../src/operate");

interface Ended {
  code: number;
  out: string;
  errors: string;
}

const run = (script: string, ...args: string[]) =>
  new Promise<Ended>((done) => {
    execFile(process.execPath, [resolve(OPERATE, script), ...args], (error, out, errors) =>
      done({ code: error === null ? 0 : (error.code as number), out, errors }),
    );
  });

const narrow = newKey("narrow", ["tokens", "publish"]);
let hub: Hub;
beforeAll(async () => {
  const keys = [...(JSON.parse(TEST_VARS.API_KEYS) as ApiKey[]), narrow.entry];
  hub = await startHub(inject("bundle"), { API_KEYS: JSON.stringify(keys) });
});

it("a working hub passes the smoke test, which leaves nothing behind", async () => {
  const { code, out, errors } = await run("smoke.ts", hub.url, API_KEY, "0");
  expect([code, errors]).toEqual([0, ""]);
  expect(out.trim().split("\n")).toEqual([
    "ok  a message arrives",
    "..  idle for 0 s, so that the object goes to sleep",
    "ok  a message wakes it and arrives",
    "ok  it resumes",
    "ok  with what was missed, once",
    "The hub works.",
  ]);
});

it("a failing smoke test says why, names the user that may be left, and ends", async () => {
  const { code, errors } = await run("smoke.ts", hub.url, narrow.key, "0");
  expect(code).toBe(1);
  expect(errors).toMatch(/^FAILED {2}DELETE \/v1\/users\/smoke-\S+ answered 403: .*manage/);
  const [, user] = /the user (smoke-\S+) may be left/.exec(errors) ?? [];
  const kept = await call(hub.url, "GET", `/v1/users/${user}/notifications`);
  expect(kept.json.counts.total).toBe(3);
});

it("a smoke test of a hub that is not there says so", async () => {
  const gone = await startHub(inject("bundle"));
  await gone.stop();
  const { code, errors } = await run("smoke.ts", gone.url, API_KEY, "0");
  expect(code).toBe(1);
  expect(errors).toMatch(/^FAILED {2}fetch failed: .*ECONNREFUSED/);
});

it.each([
  { what: "nothing", args: [] },
  { what: "no key", args: ["https://hub.example"] },
  { what: "a name for an address", args: ["hub.example", API_KEY] },
  { what: "no number of seconds", args: ["https://hub.example", API_KEY, "soon"] },
])("a smoke test called with $what prints its usage", async ({ args }) => {
  const { code, errors } = await run("smoke.ts", ...args);
  expect(code).toBe(2);
  expect(errors).toContain("npm run smoke -- <url of the hub> <API key with all scopes>");
});

it("a hub accepts a new key by the secret that is printed for it", async () => {
  const { code, out } = await run("keys.ts", "shop", "publish");
  expect(code).toBe(0);
  const [key = ""] = /bk_shop_\S+/.exec(out) ?? [];
  const [, secret = ""] = /echo '(.+)' \| npx wrangler secret put API_KEYS/.exec(out) ?? [];
  expect(out).toContain(createHash("sha256").update(key).digest("hex"));
  const own = await startHub(inject("bundle"), { API_KEYS: secret });
  const path = "/v1/users/ada/notifications";
  const headers = { authorization: `Bearer ${key}` };
  expect(await call(own.url, "POST", path, { data: 1 }, headers)).toMatchObject({ status: 201 });
  expect(await call(own.url, "GET", path, undefined, headers)).toMatchObject({
    status: 403,
    json: { code: "insufficient_scope" },
  });
  await own.stop();
});

it("the output for a key says what it replaces, and keeps the users' secret apart", async () => {
  const { out } = await run("keys.ts", "shop");
  const [keys = "", tokens = ""] = out.split("\n----\n");
  expect(keys).toContain("replaces the whole list");
  expect(keys).toContain("cannot be read back");
  expect(keys).not.toContain("JWT_SECRETS");
  expect(tokens).toMatch(/^\nOnly once, for a new hub/);
  expect(tokens).toMatch(/\n {2}echo '[\w-]{43}' \| npx wrangler secret put JWT_SECRETS\n/);
});

it.each([["--help"], ["-h"], ["shop", "--help"]])(
  "`npm run keys -- %s` prints its usage",
  async (...args) => {
    const { code, out } = await run("keys.ts", ...args);
    expect(code).toBe(0);
    expect(out).toMatch(/^npm run keys \[-- <name> \[<scopes>\]\]\n/);
    expect(out).not.toContain("bk_");
  },
);

it.each([
  { args: ["Shop"], says: '"Shop" is not' },
  { args: ["--shop"], says: '"--shop" is not' },
  { args: ["-"], says: '"-" is not' },
  { args: ["belfry"], says: "choose another name" },
  { args: ["shop", "all"], says: '"all" is no scope' },
  { args: ["shop", "publish", "read"], says: '"read" is one too many' },
])("a key that cannot be made, $args, is refused with the reason", async ({ args, says }) => {
  const { code, errors } = await run("keys.ts", ...args);
  expect(code).toBe(2);
  expect(errors).toContain(says);
});
