// The page is for development: nothing of it is deployed, and only a browser on this machine gets it.

import { readdir, readFile } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startFront } from "../../src/console/server/front.ts";
import { ASSETS } from "../../src/operate/entries.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";
import { API_KEY } from "../support/vars.ts";
import { ROOT } from "./development.ts";

/** Words of the page, of its server, and of its calls. */
const TRACES = ["evelopment page", "/console", "src/console", "sec-fetch-site", "cdn-loop"];
const PATHS = [
  "/",
  "/console/",
  "/console/main.js",
  "/console/style.css",
  "/console/hub/v1/tokens",
];

let hub: Hub;
/** The address of the front server that `npm start` puts before its hub. */
let front: string;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  front = await startFront({
    hubUrl: hub.url,
    key: API_KEY,
    host: "127.0.0.1",
    port: 0,
    isFlexible: false,
  });
});
afterAll(() => hub.stop());

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Sends a request with any headers, also `Host`, which `fetch` forbids. */
function ask(
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
  body?: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // The path is sent as written: a URL would normalize it.
    const asked = request(front, { path, method, headers }, async (response) => {
      let text = "";
      for await (const piece of response.setEncoding("utf8")) text += piece;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    asked.on("error", reject).end(body);
  });
}

function expectNone({ status, headers, text }: Reply): void {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(headers["content-type"]).toBe("application/problem+json");
  expect(TRACES.filter((trace) => text.includes(trace))).toEqual([]);
}

describe("a deployment", () => {
  it("has no trace of the page in the bundle that `wrangler deploy --dry-run` makes", async () => {
    const bundle = await readFile(inject("bundle"), "utf8");
    expect(bundle).toContain("/v1/health");
    expect(TRACES.filter((trace) => bundle.includes(trace))).toEqual([]);
  });

  it("has no trace of it in the static files", async () => {
    const files = await readdir(join(ROOT, "dist/assets"));
    const known = ["_headers", ...Object.keys(ASSETS).map((name) => `${name}.js`)];
    expect(files.filter((name) => !name.startsWith(".") && !known.includes(name))).toEqual([]);
  });

  it.each(PATHS)("a hub that was not started by the script answers 404 at %s", async (path) => {
    const { status, headers, json } = await call(hub.url, "GET", path);
    expect(status).toBe(404);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(json.code).toBe("not_found");
  });
});

describe("the page", () => {
  it.each(["localhost", "127.0.0.1:8787", "[::1]:1"])("is there for %s", async (host) => {
    const { status, headers, text } = await ask("/", { host });
    expect(status).toBe(200);
    expect(text).toContain("Development page.");
    const policy = headers["content-security-policy"];
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });

  it.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "x@localhost"])(
    "is not there for the host %s",
    async (host) => {
      for (const path of PATHS) expectNone(await ask(path, { host }));
    },
  );

  it.each([
    ["cf-ray", "8f0c2a"],
    ["cf-connecting-ip", "203.0.113.9"],
    ["cdn-loop", "cloudflare"],
    ["x-forwarded-for", "203.0.113.9"],
    ["forwarded", "for=203.0.113.9"],
  ])("is not there behind a proxy that sets %s", async (name, value) => {
    for (const path of PATHS) expectNone(await ask(path, { [name]: value }));
    const own = { [name]: value, "sec-fetch-site": "same-origin" };
    expectNone(await ask("/console/hub/v1/tokens", own, "POST", '{"user":"ada"}'));
  });

  it("does not contain the API key", async () => {
    for (const path of ["/", "/console/main.js", "/console/style.css"])
      expect((await ask(path)).text).not.toContain(API_KEY);
  });
});

describe("its calls", () => {
  const TOKENS = "/console/hub/v1/tokens";
  const post = (headers: Record<string, string>, path = TOKENS, method = "POST") =>
    ask(path, headers, method, method === "POST" ? '{"user":"ada"}' : undefined);

  it("are passed on for the page itself", async () => {
    const { status, text } = await post({ origin: front, "sec-fetch-site": "same-origin" });
    expect(status).toBe(201);
    expect(JSON.parse(text)).toMatchObject({ token: expect.any(String) });
  });

  it.each([
    ["a page of another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["a page of another port", { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" }],
    ["an old browser of another site", { origin: "https://evil.example" }],
    ["a sandboxed frame", { origin: "null" }],
    ["whoever does not say", {}],
  ])("are not made for %s", async (_, headers) => {
    expectNone(await post(headers as Record<string, string>));
  });

  it.each([
    ["DELETE", "/v1/users/ada"],
    ["GET", "/v1/users/ada/export"],
    ["DELETE", "/v1/users/ada/connections"],
    ["POST", "/v1/publish"],
    ["GET", "/v1/tokens"],
    ["GET", "/v1/users/ada\\export#/notifications"],
    ["GET", "/v1/topics/x\\..\\..\\topics\\news\\followers#/messages"],
    ["POST", "/v1/users/x\\..\\..\\publish#/notifications"],
    ["GET", "/v1/users/%2e%2e/notifications"],
  ])("are not %s %s", async (method, path) => {
    const own = { origin: front, "sec-fetch-site": "same-origin" };
    expectNone(await post(own, `/console/hub${path}`, method));
  });
});

describe("the hub behind it", () => {
  it("is reached over HTTP, streams and sockets as without the page", async () => {
    const published = await call(front, "POST", "/v1/users/ada/notifications", {
      id: "one",
      notification: { title: "Through" },
    });
    expect(published.status).toBe(201);
    const again = await call(front, "POST", "/v1/users/ada/notifications", {
      id: "one",
      notification: { title: "Through" },
    });
    expect(again.headers.get("idempotency-replayed")).toBe("true");

    const authorization = `Bearer ${await tokenOf("ada")}`;
    const socket = new TestSocket(front, "/v1/connect", { headers: { authorization } });
    expect((await socket.nextOf("connected")).offset).toBe(1);
    expect((await socket.messages()).messages).toHaveLength(1);
    socket.drop();

    const stream = await fetch(`${front}/v1/connect`, {
      headers: { authorization, accept: "text/event-stream" },
    });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (!text.includes("Through")) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    expect(text).toContain("event: connected");
  });

  it("is answered for with 502 when it is away", async () => {
    const away = await startFront({
      hubUrl: "http://127.0.0.1:9",
      key: API_KEY,
      host: "127.0.0.1",
      port: 0,
      isFlexible: false,
    });
    expect((await fetch(`${away}/v1/health`)).status).toBe(502);
    expect((await fetch(away)).status).toBe(200);
  });
});

describe("its port", () => {
  const taken = () => ({ hubUrl: hub.url, key: API_KEY, host: "127.0.0.1", port: portOf(front) });
  const portOf = (url: string) => Number(new URL(url).port);

  it("is another one when the default port is taken", async () => {
    const other = await startFront({ ...taken(), isFlexible: true });
    expect(portOf(other)).not.toBe(portOf(front));
    expect((await fetch(other)).status).toBe(200);
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === "::1"),
  );

  it.each(["0.0.0.0", ...(hasIpv6 ? ["::1", "::"] : [])])(
    "has an address that leads to the page, also when it listens at %s",
    async (host) => {
      const front = await startFront({ ...taken(), host, port: 0, isFlexible: false });
      expect((await fetch(front)).status).toBe(200);
    },
  );

  it("is the requested one, or the start fails", async () => {
    await expect(startFront({ ...taken(), isFlexible: false })).rejects.toThrow("EADDRINUSE");
  });
});
