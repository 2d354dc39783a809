// The SDK in each runtime that docs/sdk.md names, against a real hub: the same journey everywhere, over a
// socket and over an event stream.
// Bun, Deno and the oldest Node take part if `npm install --prefix test/client/runtimes` was run before.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import WebSocketOfWs from "ws";
import { bundled } from "../docs/snippets.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import type { Journey, Travelled } from "./sdk-journey.ts";

const BIN = join(import.meta.dirname, "runtimes/node_modules/.bin");

const WHOLE: Travelled = {
  titles: ["one", "two"],
  said: ["hello", "again"],
  unread: [1, 0, 1],
  gaps: 0,
};

let hub: Hub;
let folder: string;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  folder = await mkdtemp(join(tmpdir(), "belfry-runtimes-"));
});
afterAll(async () => {
  await hub.stop();
  await rm(folder, { recursive: true });
});

/** Bundles the journey and the given lines into one file. */
const programOf = (lines: string, format: "esm" | "iife" = "esm") =>
  bundled(`import { travel, travelBoth } from "./test/client/sdk-journey.ts"; ${lines}`, {
    platform: "neutral",
    target: "es2022",
    format,
  });

const PROGRAMS = {
  "Node 24": [process.execPath],
  "Node 22": [join(BIN, "node")],
  Bun: [join(BIN, "bun"), "run"],
  Deno: [join(BIN, "deno"), "run", "--allow-net=127.0.0.1"],
};

/** Removes features that engines have had for a few years only, and React Native's for fewer. */
const AGED = `
  const YOUNG = [
    [globalThis, ["Iterator", "WebAssembly"]],
    [Promise, ["withResolvers", "try"]],
    [Object, ["groupBy"]],
    [Map, ["groupBy"]],
    [Array, ["fromAsync"]],
    [Array.prototype, ["toSorted", "toReversed", "toSpliced", "with", "findLast", "findLastIndex"]],
    [Set.prototype, ["union", "intersection", "difference", "isSubsetOf"]],
  ];
  for (const [owner, names] of YOUNG) for (const name of names) delete owner[name];
`;

describe.concurrent("one journey ends well in", () => {
  for (const [name, [program = "", ...args]] of Object.entries(PROGRAMS))
    it.skipIf(!existsSync(program))(name, async ({ expect }) => {
      const user = name.replace(" ", "").toLowerCase();
      const path = join(folder, `${user}.mjs`);
      const given = [hub.url, API_KEY, user].map((each) => JSON.stringify(each));
      const lines = `console.log(JSON.stringify(await travelBoth(${given})));`;
      await writeFile(path, await programOf(lines));
      const { stdout } = await promisify(execFile)(program, [...args, path], { timeout: 25_000 });
      expect(JSON.parse(stdout)).toEqual([WHOLE, WHOLE]);
    });

  it("a Worker", async ({ expect }) => {
    const path = join(folder, "worker.mjs");
    const lines = `export default { fetch: async (_, { URL, KEY }) =>
        Response.json(await travelBoth(URL, KEY, "worker")) };
      export class Inbox {}
      export class Topic {}`;
    await writeFile(path, await programOf(lines));
    const worker = await startHub(path, { URL: hub.url, KEY: API_KEY });
    expect(await (await fetch(worker.url)).json()).toEqual([WHOLE, WHOLE]);
    await worker.stop();
  });

  // React Native has no page and no streams of bodies. Over a socket the SDK needs not even `fetch`.
  it("an engine with no more than React Native has", async ({ expect }) => {
    const path = "/v1/users/native";
    const journey: Omit<Journey, "transports"> = {
      url: hub.url,
      user: "native",
      token: await tokenOf("native", { "topic:*": ["subscribe", "publish"] }),
      publish: (title) =>
        call(hub.url, "POST", `${path}/notifications`, { notification: { title } }),
      drop: () => call(hub.url, "DELETE", `${path}/connections`, { reconnect: true }),
    };
    const native = {
      ...{ setTimeout, clearTimeout, console, journey },
      WebSocket: WebSocketOfWs,
      travelled: Promise.resolve({} as Travelled),
    };
    createContext(native);
    runInContext(AGED, native);
    const lines = "globalThis.travelled = travel(journey);";
    runInContext(await programOf(lines, "iife"), native);
    expect(await native.travelled).toEqual(WHOLE);
  });
});
