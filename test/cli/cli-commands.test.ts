// The commands inbox, follow, unfollow, token and keys against a real hub, and the help of all commands.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { COMMAND, parsed, run } from "./belfry.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BYTES_MAX = 20_480;

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
});
afterAll(() => hub.stop());

const belfry = (args: string[], more: object = {}) => run(args, { url: hub.url, ...more });

describe("inbox", () => {
  beforeAll(async () => {
    const messages = Array.from({ length: 150 }, (_, i) => ({
      notification: { title: `${i + 1}` },
    }));
    const { json } = await call(hub.url, "POST", "/v1/users/ada/notifications", messages);
    const body = { epoch: json.results[0].epoch, offsets: [149], read: true };
    await call(hub.url, "PATCH", "/v1/users/ada/notifications", body);
  });

  it("lists the newest first for a person, and marks the unread ones", async () => {
    const { code, out, errors } = await belfry(["inbox", "ada", "--limit", "2"], {
      terminal: true,
    });
    expect(code).toBe(0);
    expect(out).toEqual([
      expect.stringMatching(/^● {3}150 {2}\S+ \S+ {2}150$/),
      expect.stringMatching(/^ {4}149 {2}\S+ \S+ {2}149$/),
    ]);
    expect(errors).toEqual(["149 unread of 150; there is more: --limit"]);
  });

  it("prints one message a line for a program, over as many pages as the limit needs", async () => {
    const { out } = await belfry(["inbox", "user:ada", "--limit", "120"]);
    expect(parsed(out).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 120 }, (_, i) => 150 - i),
    );
  });

  it("narrows to a state", async () => {
    const { out, errors } = await belfry(["inbox", "ada", "--state", "read", "--quiet"]);
    expect(parsed(out)).toMatchObject([{ offset: 149 }]);
    expect(errors).toEqual([]);
  });

  it.each([
    ["no user", []],
    ["a state that is none", ["ada", "--state", "new"]],
  ])("%s is a wrong call (exit code 2)", async (_what, args) => {
    expect((await belfry(["inbox", ...args])).code).toBe(2);
  });
});

it("follow and unfollow decide which topics reach the inbox", async () => {
  const follow = await belfry(["follow", "bob", "topic:builds"]);
  expect(parsed(follow.out)).toEqual([{ user: "bob", topic: "builds", follows: true }]);
  await belfry(["publish", "topic:builds", "Build 1"]);
  const tail = await belfry(["tail", "user:bob", "--since", "0:0", "--count", "1"]);
  expect(parsed(tail.out)).toMatchObject([{ topic: "builds", notification: { title: "Build 1" } }]);
  const person = await belfry(["unfollow", "user:bob", "builds"], { terminal: true });
  expect(person).toEqual({ code: 0, out: ["bob does not follow builds"], errors: [] });
  const { json } = await call(hub.url, "GET", "/v1/users/bob/follows");
  expect(json.follows).toEqual([]);
});

describe("token", () => {
  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

  it("prints a token that opens the user's inbox, and nothing else on stdout", async () => {
    const { code, out, errors } = await belfry(["token", "--user", "carol"], { terminal: true });
    expect(code).toBe(0);
    expect(out).toHaveLength(1);
    expect(errors).toEqual([expect.stringMatching(/^valid until \S+Z$/)]);
    const headers = { authorization: `Bearer ${out[0]}` };
    const path = "/v1/users/me/notifications";
    expect((await call(hub.url, "GET", path, undefined, headers)).status).toBe(200);
  });

  it("has the requested caps and lifetime", async () => {
    const { out } = await belfry([
      ...["token", "--user", "carol", "--ttl", "15m", "--json"],
      ...["--caps", "topic:builds.*=subscribe,follow", "--caps", '{"topic:a=b":["publish"]}'],
    ]);
    const { exp, iat, caps } = claimsOf(parsed(out)[0].token);
    expect(exp - iat).toBe(900);
    expect(caps).toEqual({
      "topic:builds.*": ["subscribe", "follow"],
      "topic:a=b": ["publish"],
    });
  });

  it.each([
    ["no user", []],
    ["a cap that is none", ["--user", "carol", "--caps", "topic:news=fly"]],
    ["a cap without actions", ["--user", "carol", "--caps", "topic:news"]],
    ["a cap that is broken JSON", ["--user", "carol", "--caps", "{"]],
  ])("%s is a wrong call (exit code 2)", async (_what, args) => {
    expect((await belfry(["token", ...args])).code).toBe(2);
  });
});

describe("keys new", () => {
  it("makes a key, prints its digest, and needs no hub", async () => {
    const { code, out } = await run(["keys", "new", "ci", "--scopes", "publish", "--json"], {});
    expect(code).toBe(0);
    const [{ key, entry }] = parsed(out);
    expect(key).toMatch(/^bk_ci_/);
    const sha256 = createHash("sha256").update(key).digest("hex");
    expect(entry).toEqual({ name: "ci", sha256, scopes: ["publish"] });
  });

  it("explains how to set the key, as `npm run keys` does", async () => {
    const { out } = await run(["keys", "new"], {});
    const text = out.join("\n");
    expect(text).toContain("npx wrangler secret put API_KEYS");
    expect(text).toContain("replaces the whole list");
    expect(text).toMatch(/Only once, for a new hub.*npx wrangler secret put JWT_SECRETS/s);
    expect(text).toMatch(/bk_backend_/);
  });

  it.each([
    ["a scope that is none", ["new", "ci", "--scopes", "fly"]],
    ["a name that is none", ["new", "C I"]],
    ["a name like an option", ["new", "--", "--ci"]],
    ["another verb", ["list"]],
  ])("%s is a wrong call (exit code 2)", async (_what, args) => {
    expect((await run(["keys", ...args], {})).code).toBe(2);
  });
});

describe("the help", () => {
  it("lists every command, and each command every option with an example", async () => {
    const { code, out } = await run(["--help"], {});
    expect(code).toBe(0);
    const names = out.flatMap((line) => /^ {2}(\w+) /.exec(line)?.[1] ?? []);
    expect(names).toEqual("publish tail inbox follow unfollow token keys doctor".split(" "));
    for (const name of names) {
      const own = await run([name, "--help"], {});
      expect(own.code).toBe(0);
      expect(own.out[0]).toMatch(new RegExp(`^belfry ${name}\\b`));
      expect(own.out.join("\n")).toContain(`\n  belfry ${name}`);
      for (const common of ["--hub <url>", "--json", "--quiet"])
        expect(own.out.join("\n")).toContain(common);
    }
  });

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
    expect(await run(["--version"], {})).toEqual({ code: 0, out: [version], errors: [] });
  });

  it("a Node that is too old is refused before anything else (exit code 2)", async () => {
    const old = `Object.defineProperty(process.versions, "node", { value: "18.20.8" })`;
    const args = ["--import", `data:text/javascript,${encodeURIComponent(old)}`, COMMAND, "--help"];
    const ran = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect([ran.status, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toMatch(/^belfry needs Node 20 or newer, and this is 18\.20\.8\n$/);
  });

  it("an unknown command is a wrong call (exit code 2)", async () => {
    expect((await run(["destroy"], {})).code).toBe(2);
  });
});

it(`the whole command has at most ${BYTES_MAX.toLocaleString("en")} bytes, and needs nothing but Node`, () => {
  const text = readFileSync(COMMAND, "utf8");
  const bytes = gzipSync(text, { level: 9 }).length;
  console.log(JSON.stringify({ commandLine: bytes }));
  expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
  const imports = [...text.matchAll(/\bfrom\s*"([^"]+)"/g)].map(([, name]) => name);
  expect(imports.filter((name) => !name?.startsWith("node:"))).toEqual([]);
});
