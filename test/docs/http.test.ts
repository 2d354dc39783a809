// docs/http.md is true: the hub answers each of its calls, in order, as printed, and the page names every
// route and every error.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Caps } from "../../src/protocol/caps.ts";
import { ERRORS } from "../../src/protocol/error.ts";
import { tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { expectReply } from "./compare.ts";
import { argumentsOf, parseCurl, performCall } from "./curl.ts";
import { examplesOf, headingsOf } from "./examples.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const page = readFileSync(resolve(ROOT, "docs/http.md"), "utf8");
const examples = examplesOf(page);

/** Returns `METHOD /path/{name}` for each route in the worker's table. */
function routesOfWorker(): string[] {
  const source = readFileSync(resolve(ROOT, "src/worker.ts"), "utf8");
  const table = /const routes[^=]*= \{\n(.*?)\n\};/s.exec(source)?.[1] ?? "";
  return [...table.matchAll(/"(\/v1\/[^"]+)": \{([^}]*)\}/g)].flatMap(([, path = "", methods]) =>
    [...(methods ?? "").matchAll(/([A-Z]+):/g)].map(
      ([, method]) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`,
    ),
  );
}

describe("docs/http.md", () => {
  let hub: Hub;
  const variables: Record<string, string> = { PATH: process.env.PATH ?? "" };

  beforeAll(async () => {
    hub = await startHub(inject("bundle"));
    variables.HUB = hub.url;
    variables.KEY = API_KEY;
    const caps: Caps = { "topic:builds": ["subscribe", "follow", "publish"] };
    variables.TOKEN = await tokenOf("ada", caps);
  });
  afterAll(() => hub.stop());

  // In order: each call relies on the state that the calls before it left.
  it.each(examples.map((example, i) => [i + 1, example.heading, example] as const))(
    "call %i, under %s, is answered as printed",
    async (_place, _heading, { command, reply }) => {
      const call = parseCurl(await argumentsOf(command, variables));
      const leave = new AbortController();
      const body = await expectReply(reply, await performCall(call, leave.signal));
      leave.abort();
      const epoch = /"epoch":"([^"]+)"/.exec(body)?.[1];
      if (epoch !== undefined && call.url.includes("/users/ada/")) variables.EPOCH = epoch;
    },
  );

  it("has a heading for every route, and for no other", () => {
    const documented = headingsOf(page).filter((heading) => / \/v1\//.test(heading));
    const routes = routesOfWorker();
    expect(routes.length).toBeGreaterThan(0);
    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it.each(routesOfWorker())("calls %s under its heading", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    const pattern = new RegExp(`^http://hub${path.replace(/\{\w+\}/g, "[^/?]+")}(\\?|$)`);
    const own = examples.filter(({ heading }) => heading === route);
    expect(own).not.toEqual([]);
    const known = { ...variables, HUB: "http://hub", EPOCH: "e" };
    for (const { command } of own) {
      const call = parseCurl(await argumentsOf(command, known));
      expect(call.method).toBe(method);
      expect(call.url).toMatch(pattern);
    }
  });

  it("has a row for every error, with its status and whether it is temporary", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| +(\d{3}) \| (yes|no) +\| .+ \|$/gm)].map(
      ([, code, status, temporary]) => [code, Number(status), temporary === "yes"],
    );
    expect(rows).toEqual(
      Object.entries(ERRORS).map(([code, { status, temporary }]) => [code, status, temporary]),
    );
  });
});
