// The routes one by one: the credential that each requires, and its answer to a request that is not quite
// right. The same routes under attack, over the network, are in test/path/hostile-requests.test.ts.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ticketOf } from "../../src/edge/ticket.ts";
import type { Env } from "../../src/objects/env.ts";
import { newKey } from "../../src/operate/credentials.ts";
import type { Caps } from "../../src/protocol/caps.ts";
import { type Settings, settingsOf } from "../../src/settings/settings.ts";
import hub from "../../src/worker.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { API_KEY } from "../support/vars.ts";

const APP = "https://app.example.com";
const JSON_TYPE = { "content-type": "application/json" };
const mine = "/v1/users/me/notifications";
const fresh = () => `n-${crypto.randomUUID()}`;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Asked {
  headers?: Record<string, string>;
  body?: unknown;
  vars?: Record<string, unknown>;
  base?: string;
}

/** Asks the whole Worker, with the API key unless the headers say otherwise. */
async function ask(method: string, path: string, asked: Asked = {}) {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
  const { headers = {}, body, vars = {}, base = "https://hub.example" } = asked;
  const request = new Request(base + path, {
    method,
    headers: { ...bearer(API_KEY), ...(body === undefined ? {} : JSON_TYPE), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await hub.fetch(request, { ...env, ...vars } as unknown as Env);
  response.webSocket?.accept();
  response.webSocket?.close();
  const isJson = method !== "HEAD" && response.headers.get("content-type")?.includes("json");
  // biome-ignore lint/suspicious/noExplicitAny: answers have every shape.
  const json: any = isJson ? await response.json() : null;
  if (!isJson) await response.body?.cancel();
  return { status: response.status, code: json?.code, field: json?.field, json, response };
}

const as = async (user: string, caps: Caps = {}, claims: object = {}) =>
  bearer(await tokenOf(user, caps, { ...claims }));
const anything: Caps = { "topic:*": ["publish", "subscribe", "follow"] };

describe("[CON4] a key", () => {
  it.each([
    ["POST", mine.replace("me", "ada"), { data: 1 }, "publish"],
    ["POST", "/v1/topics/t/messages", { data: 1 }, "publish"],
    ["GET", "/v1/topics/t/messages", undefined, "read"],
    ["GET", "/v1/topics/t/connect", undefined, "read"],
    ["GET", mine.replace("me", "ada"), undefined, "read"],
    ["PATCH", mine.replace("me", "ada"), { epoch: "0", offsets: [1], read: true }, "manage"],
    ["DELETE", "/v1/users/ada/connections", undefined, "manage"],
    ["DELETE", "/v1/users/ada", undefined, "manage"],
    ["PUT", "/v1/topics/t", {}, "manage"],
    ["POST", "/v1/tokens", { user: "ada" }, "tokens"],
  ] as const)("that lacks the scope for %s %s is refused", async (method, path, body, scope) => {
    const scopes = (["publish", "read", "manage", "tokens"] as const).filter((s) => s !== scope);
    const { key, entry } = newKey("weak", [...scopes]);
    const vars = { API_KEYS: JSON.stringify([entry]) };
    const headers = { ...bearer(key), upgrade: "websocket" };
    const { code, status } = await ask(method, path, { headers, body, vars });
    expect({ code, status }).toEqual({ code: "insufficient_scope", status: 403 });
  });

  it("is needed where a user's token is not enough", async () => {
    for (const [method, path] of [
      ["GET", "/v1/topics/t"],
      ["DELETE", "/v1/users/ada"],
    ] as const)
      expect((await ask(method, path, { headers: await as("ada") })).code).toBe(
        "insufficient_scope",
      );
  });

  it("opens no inbox's socket", async () => {
    const headers = { upgrade: "websocket" };
    expect((await ask("GET", "/v1/connect", { headers })).code).toBe("insufficient_scope");
  });

  it("in a browser or in a URL is refused", async () => {
    const browser = await ask("GET", mine, { headers: { origin: APP } });
    expect(browser.code).toBe("origin_not_allowed");
    const headers = { authorization: "", accept: "text/event-stream" };
    const request = new Request(`https://hub.example/v1/topics/t/connect?access_token=${API_KEY}`, {
      headers: { accept: headers.accept },
    });
    expect((await hub.fetch(request, env as unknown as Env)).status).toBe(401);
  });

  it("publishes under its own name as a source, and under no other key's", async () => {
    const other = newKey("other", ["publish"]).entry;
    const vars = { API_KEYS: JSON.stringify([...JSON.parse(env.API_KEYS as string), other]) };
    const path = `/v1/users/${fresh()}/notifications`;
    const publish = (source: string) => ask("POST", path, { body: { data: 1, source }, vars });
    expect((await publish("test")).status).toBe(201);
    expect((await publish("other")).status).toBe(422);
  });
});

describe("[TOP1] a user", () => {
  it.each([
    ["POST", "/v1/topics/t/messages", { data: 1 }],
    ["GET", "/v1/topics/t/messages", undefined],
    ["GET", "/v1/topics/t/messages/1", undefined],
    ["PUT", "/v1/users/me/follows/t", undefined],
    ["GET", "/v1/users/bob/notifications", undefined],
  ])("without the cap is refused %s %s", async (method, path, body) => {
    const { code, status } = await ask(method, path, { body, headers: await as("ada") });
    expect({ code, status }).toEqual({ code: "insufficient_scope", status: 403 });
  });

  it("without the cap connects to no topic", async () => {
    const headers = { ...(await as("ada")), upgrade: "websocket" };
    const refused = await ask("GET", "/v1/topics/t/connect", { headers });
    expect(refused.code).toBe("insufficient_scope");
  });

  it("[CON8] whose token is revoked neither reads a topic nor publishes", async () => {
    const user = fresh();
    const headers = await as(user, anything);
    const path = "/v1/topics/t/messages";
    expect((await ask("GET", path, { headers })).status).toBe(200);
    const body = { not_before: new Date(Date.now() + 2_000).toISOString() };
    await ask("DELETE", `/v1/users/${user}/connections`, { body });
    for (const [method, at, sent] of [
      ["GET", path, undefined],
      ["GET", `${path}/1`, undefined],
      ["POST", path, { data: 1 }],
    ] as const)
      expect(await ask(method, at, { headers, body: sent })).toMatchObject({ status: 401 });
    const unfollow = await ask("DELETE", "/v1/users/me/follows/t", { headers });
    expect(unfollow.status).toBe(401);
  });

  it("[CON8] whose token was issued in the second of a revocation needs a new one", async () => {
    const user = fresh();
    const second = Math.floor(Date.now() / 1000);
    const body = { not_before: new Date(second * 1000 + 1).toISOString() };
    expect((await ask("DELETE", `/v1/users/${user}/connections`, { body })).status).toBe(204);
    const listed = async (iat: number) =>
      (await ask("GET", mine, { headers: await as(user, {}, { iat }) })).status;
    expect([await listed(second), await listed(second + 1)]).toEqual([401, 200]);
  });

  it("[SOC2] whose token ends while the body is being sent is refused", async () => {
    const now = Date.now();
    vi.useFakeTimers({ now, toFake: ["Date"] });
    const headers = { ...(await as("ada", anything)), ...JSON_TYPE };
    for (const [method, path, text] of [
      ["POST", "/v1/topics/t/messages", '{"data":1}'],
      ["PATCH", mine, '{"epoch":"0","offsets":[1],"read":true}'],
    ] as const) {
      vi.setSystemTime(now);
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
        vi.setSystemTime(now + 3_601_000);
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      };
      // The stream makes no chunk before the hub reads from it.
      const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
      const request = new Request(`https://hub.example${path}`, { method, headers, body });
      const response = await hub.fetch(request, env as unknown as Env);
      expect(await response.json()).toMatchObject({ code: "token_expired" });
    }
  });
});

describe("[CON5] an origin", () => {
  const from = async (origin: string, vars = {}) =>
    (await ask("GET", mine, { headers: { ...(await as("ada")), origin }, vars })).status;

  it("is accepted when it is listed, when it is the hub's own, or when all are allowed", async () => {
    expect(await from(APP)).toBe(200);
    expect(await from("https://hub.example")).toBe(200);
    expect(await from("https://evil.example")).toBe(403);
    expect(await from("https://evil.example", { ALLOWED_ORIGINS: "*" })).toBe(200);
  });
});

describe("[CON4] a hub", () => {
  it("is up without its secrets, and refuses requests as not configured", async () => {
    const vars = { API_KEYS: undefined };
    expect((await ask("GET", "/v1/health", { vars })).status).toBe(200);
    expect((await ask("GET", mine, { vars })).code).toBe("not_configured");
  });

  it.each([
    ["http://hub.example", 400],
    ["http://localhost.evil.example", 400],
    ["http://localhost:8787", 200],
  ])("takes plain http on its own machine only: %s", async (base, status) => {
    expect((await ask("GET", "/v1/health", { base })).status).toBe(status);
  });

  it("says which methods a path has, and how to authenticate", async () => {
    expect((await ask("PUT", mine)).response.headers.get("allow")).toBe("POST, GET, PATCH");
    const { response } = await ask("GET", mine, { headers: bearer("a.b.c") });
    expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  it("[PUB8] forbids caches to store its answers", async () => {
    const { response } = await ask("GET", mine, { headers: await as("ada") });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("[CON9] chooses its own version of the protocol among those offered", async () => {
    const connect = (protocol: string, upgrade = "websocket") =>
      ask("GET", "/v1/topics/t/connect", {
        headers: { upgrade, "sec-websocket-protocol": protocol },
      });
    const { response } = await connect("belfry.v9, belfry.v1", "WebSocket");
    expect(response.headers.get("sec-websocket-protocol")).toBe("belfry.v1");
    // A plain request that carries the header gets a plain answer.
    const plain = await ask("GET", "/v1/nothing", {
      headers: { "sec-websocket-protocol": "belfry.v1" },
    });
    expect(plain.status).toBe(404);
  });
});

describe("[CON4] a request that is not quite right is refused:", () => {
  const [users, news] = ["/v1/users/ada/notifications", "/v1/topics/news"];
  const mark = { epoch: "0", offsets: [1], read: true };
  const far = new Date(Date.now() + 600_000).toISOString();
  it.each([
    ["GET", `${users}?state=unred`, undefined, "state"],
    ["GET", `${users}?since=0:0&limit=1`, undefined, "limit"],
    ["GET", `${users}?limit=1e1`, undefined, "limit"],
    ["GET", `${users}?catagory=ci`, undefined, "catagory"],
    ["GET", `${users}?${"x".repeat(5_000)}=1`, undefined, "x".repeat(128)],
    ["GET", "/v1/users/me/notifications", undefined, "user"],
    ["GET", "/v1/users/a%20b/notifications", undefined, "user"],
    ["PUT", "/v1/topics/a%20b", {}, "topic"],
    ["PUT", news, [], undefined],
    ["PUT", news, { ["x".repeat(5_000)]: 1 }, "x".repeat(128)],
    ["PATCH", users, { ...mark, up_to: 1 }, "offsets"],
    ["PATCH", users, { epoch: "0", up_to: 1, read: true, archived: true }, "up_to"],
    ["PATCH", users, { epoch: "0", offsets: [1] }, undefined],
    ["DELETE", "/v1/users/ada/connections", { not_before: far }, "not_before"],
    ["POST", "/v1/tokens", { user: "a b" }, "user"],
    ["POST", "/v1/tokens", { user: "ada", caps: { "topic:a": ["suscribe"] } }, "caps"],
    ["POST", "/v1/tokens", {}, "user"],
    ["GET", `${news}/followers?after=a%20b`, undefined, "after"],
  ] as const)("%s %.60s", async (method, path, body, field) => {
    const refused = await ask(method, path, { body });
    expect(refused).toMatchObject({ status: 422, code: "invalid_params", field });
  });

  it("a missing field is reported as required", async () => {
    const { json } = await ask("POST", "/v1/tokens", { body: {} });
    expect(json.fix).toBe("`user` is required");
  });

  it("a connect may carry an unknown parameter", async () => {
    const headers = { ...(await as("ada")), upgrade: "websocket" };
    expect((await ask("GET", "/v1/connect?utm_source=x", { headers })).status).toBe(101);
    const head = await ask("HEAD", "/v1/connect", {
      headers: { ...(await as("ada")), accept: "text/event-stream" },
    });
    expect(head.status).toBe(426);
  });
});

describe("messages, follows and followers", () => {
  it("[STA7] a message is deleted once, and only in its own epoch of the log", async () => {
    const path = `/v1/users/${fresh()}/notifications`;
    const { json } = await ask("POST", path, { body: { data: 1 } });
    expect((await ask("DELETE", `${path}/1?epoch=other`)).status).not.toBe(200);
    expect((await ask("DELETE", `${path}/1?epoch=${json.epoch}`)).status).toBe(200);
    expect((await ask("DELETE", `${path}/1`)).status).toBe(404);
  });

  it("[FOL2] the status distinguishes a new follow from an old one, and a follower from others", async () => {
    const [user, topic] = [fresh(), fresh()];
    const follow = () => ask("PUT", `/v1/users/${user}/follows/${topic}`);
    expect([(await follow()).status, (await follow()).status]).toEqual([201, 200]);
    const isFollower = async (of: string) =>
      (await ask("GET", `/v1/topics/${of}/followers/${user}`)).status;
    expect([await isFollower(topic), await isFollower(fresh())]).toEqual([200, 404]);
  });

  it("[FOL1] the last page of followers has no next, though it is full", async () => {
    const topic = fresh();
    for (const user of ["a", "b"]) await ask("PUT", `/v1/users/${user}/follows/${topic}`);
    const page = async (query: string) =>
      (await ask("GET", `/v1/topics/${topic}/followers?${query}`)).json;
    expect(await page("limit=1")).toEqual({ followers: ["a"], next: "a" });
    expect(await page("limit=1&after=a")).toEqual({ followers: ["b"], next: null });
    expect(await page("limit=2")).toEqual({ followers: ["a", "b"], next: null });
  });
});

describe("[CON2] a token that the hub makes", () => {
  it("lasts an hour by default, and is accepted by the hub", async () => {
    const vars = { JWT_ISSUER: "https://login.example.com/", JWT_AUDIENCE: "hub" };
    const { json } = await ask("POST", "/v1/tokens", { body: { user: "ada" }, vars });
    const ms = Date.parse(json.expires_at) - Date.now();
    expect(ms).toBeGreaterThan(3_590_000);
    expect(ms).toBeLessThanOrEqual(3_600_000);
    expect((await ask("GET", mine, { headers: bearer(json.token), vars })).status).toBe(200);
  });
});

describe("[CON2] a token in a URL", () => {
  const statusOf = async (claims: object, headers = {}) => {
    const token = await tokenOf("ada", {}, { ...claims });
    const url = `https://hub.example/v1/connect?access_token=${token}`;
    const request = new Request(url, { headers: { accept: "text/event-stream", ...headers } });
    const response = await hub.fetch(request, env as unknown as Env);
    await response.body?.cancel();
    return response.status;
  };
  const now = () => Math.floor(Date.now() / 1000);

  it("is at most 300 s old, and must have an `iat`", async () => {
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ iat: now() - 310 })).toBe(401);
    expect(await statusOf({ iat: undefined })).toBe(401);
  });

  it("[SSE5] is accepted later with its ticket, unless it was revoked meanwhile", async () => {
    const [user, settings] = [fresh(), settingsOf(env as unknown as Env) as Settings];
    const token = await tokenOf(user, anything, { iat: now() - 310 });
    const comeBack = async (ticket: string) => {
      const url = `https://hub.example/v1/topics/t/connect?since=latest&access_token=${token}`;
      const headers = { accept: "text/event-stream", "last-event-id": `0:0;${ticket}` };
      const response = await hub.fetch(new Request(url, { headers }), env as unknown as Env);
      await response.body?.cancel();
      return response.status;
    };
    const ticket = await ticketOf(settings, token);
    expect([await comeBack(ticket), await comeBack("made-up")]).toEqual([200, 401]);
    const body = { not_before: new Date().toISOString() };
    await ask("DELETE", `/v1/users/${user}/connections`, { body });
    expect(await comeBack(ticket)).toBe(401);
  });
});
