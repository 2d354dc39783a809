// belfry tail against a real hub that is killed and comes back.

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startProxy } from "../examples/proxy.ts";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { Belfry, parsed, run } from "./belfry.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
});
afterAll(() => hub.stop());

const tail = (address: string, ...args: string[]) =>
  new Belfry(["tail", address, ...args], { url: hub.url });

/** Publishes messages with `data` from `from` to `to`. */
async function count(path: string, from: number, to: number, url = hub.url): Promise<void> {
  const messages = Array.from({ length: to - from + 1 }, (_, i) => ({ data: from + i }));
  const { json } = await call(url, "POST", path, messages);
  expect(json.stored).toBe(messages.length);
}

/** A tail prints nothing when it connects: live messages are published until it shows one. */
async function whenOpen(belfry: Belfry, path: string): Promise<void> {
  for (let shown = 0; shown === 0; shown = belfry.out.length) {
    await call(hub.url, "POST", path, { data: "open?", ttl: 0 });
    await Promise.race([belfry.lines(1), new Promise((done) => setImmediate(done))]);
  }
}

const dataOf = (lines: string[]) =>
  parsed(lines)
    .map(({ data }) => data)
    .filter((data) => data !== "open?");

/** Resolves once the last line shown has this `data`. */
async function until(belfry: Belfry, data: number): Promise<void> {
  while (dataOf(belfry.out).at(-1) !== data) await belfry.lines(belfry.out.length + 1);
}

describe.each([
  ["a topic", "topic:news", "/v1/topics/news/messages"],
  ["an inbox", "user:ada", "/v1/users/ada/notifications"],
])("of %s", (_what, address, path) => {
  it("shows the messages since a time, once and in order, then the new ones", async () => {
    await count(path, 1, 150);
    const belfry = tail(address, "--since", "1h", "--count", "160");
    await belfry.lines(150);
    await count(path, 151, 160);
    const { code, out, errors } = await belfry.ended();
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(dataOf(out)).toEqual(Array.from({ length: 160 }, (_, i) => i + 1));
  });

  it("shows only new messages without `--since`", async () => {
    const belfry = tail(address);
    await whenOpen(belfry, path);
    await count(path, 161, 170);
    await until(belfry, 170);
    expect(dataOf(belfry.out)).toEqual(Array.from({ length: 10 }, (_, i) => 161 + i));
    await belfry.stop();
  });

  it("goes on after a cursor", async () => {
    const { json } = await call(hub.url, "GET", `${path}?limit=1`);
    const cursor: string = json.cursor;
    await count(path, 171, 173);
    const { out } = await tail(address, "--since", cursor, "--count", "3").ended();
    expect(dataOf(out)).toEqual([171, 172, 173]);
  });
});

describe.each([
  ["a topic", "topic:kills", "/v1/topics/kills/messages"],
  ["an inbox", "user:kills", "/v1/users/kills/notifications"],
])("of %s, whose hub is killed", (_what, address, path) => {
  it("shows every message published before, during and after the kill, once and in order", {
    timeout: 90_000,
  }, async () => {
    const proxy = await startProxy();
    let own = await startHub(inject("bundle"));
    proxy.point(own.url);
    const belfry = new Belfry(["tail", address, "--since", "1h"], { url: proxy.url });
    await count(path, 1, 10, own.url);
    await belfry.lines(10);
    for (let round = 1; round <= 2; round += 1) {
      proxy.point(null);
      own = await own.restart();
      await count(path, 10 * round + 1, 10 * round + 5, own.url);
      proxy.point(own.url);
      await belfry.lines(10 * round + 5);
      await count(path, 10 * round + 6, 10 * round + 10, own.url);
      await belfry.lines(10 * round + 10);
    }
    expect(dataOf(belfry.out)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(belfry.errors).toContain("the connection was lost; trying again");
    await belfry.stop();
    await own.stop();
    proxy.stop();
  });
});

describe("its output", () => {
  it("is one line a message for a person", async () => {
    await call(hub.url, "POST", "/v1/users/lines/notifications", [
      {
        notification: { title: "Build passed", body: "main is live", url: "/b/1" },
        category: "ci",
      },
      { type: "build.started", data: { build: 119 } },
    ]);
    const { out } = await run(["tail", "user:lines", "--since", "1h", "--count", "2"], {
      url: hub.url,
      terminal: true,
    });
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
    expect(out).toEqual([
      expect.stringMatching(`^${time}  Build passed  main is live  /b/1  \\[ci\\]$`),
      expect.stringMatching(`^${time}  build.started  {"build":119}$`),
    ]);
  });

  it("ends with exit code 0 when its reader has enough", async () => {
    await count("/v1/topics/head/messages", 1, 3);
    const belfry = tail("topic:head", "--since", "1h");
    await belfry.lines(3);
    belfry.leave();
    await count("/v1/topics/head/messages", 4, 4);
    expect((await belfry.ended()).code).toBe(0);
  });
});

describe("its end", () => {
  it("is exit code 1 when an operator disconnects the user", async () => {
    const belfry = tail("user:gone");
    await whenOpen(belfry, "/v1/users/gone/notifications");
    await call(hub.url, "DELETE", "/v1/users/gone/connections");
    const { code, errors } = await belfry.ended();
    expect(code).toBe(1);
    expect(errors.at(-1)).toContain("the hub has ended the stream for good (4503)");
  });

  it("does not come when an operator asks to reconnect", async () => {
    const belfry = tail("user:back");
    await whenOpen(belfry, "/v1/users/back/notifications");
    await call(hub.url, "DELETE", "/v1/users/back/connections", { reconnect: true });
    await count("/v1/users/back/notifications", 1, 2);
    await until(belfry, 2);
    expect(dataOf(belfry.out)).toEqual([1, 2]);
    await belfry.stop();
  });

  it.each([
    ["a `since` that is none", ["topic:news", "--since", "yesterday"]],
    ["no address", []],
    ["a count of nothing", ["topic:news", "--count", "0"]],
  ])("%s is a wrong call (exit code 2)", async (_what, args) => {
    expect((await run(["tail", ...args], { url: hub.url })).code).toBe(2);
  });
});
