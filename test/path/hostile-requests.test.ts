// Hostile requests, one test for each attack: foreign origins, misplaced API keys, malformed names, path
// tricks, wrong methods, a hub without a configuration, and secrets in its errors and logs.

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { newKey } from "../../src/operate/credentials.ts";
import {
  allOf,
  expectRefusal,
  expectUntouched,
  fresh,
  inbox,
  messages,
  raw,
  refusedSocket,
  UPGRADE,
} from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";
import { API_KEY } from "../support/vars.ts";

const APP = "https://app.example.com";
const hubs: Hub[] = [];
let url = "";

beforeAll(async () => {
  ({ url } = await start({}));
});
afterAll(() => Promise.all(hubs.map((hub) => hub.stop())));

async function start(vars: Record<string, string | undefined>, bundle = inject("bundle")) {
  const hub = await startHub(bundle, vars);
  hubs.push(hub);
  return hub;
}

describe("an origin", () => {
  const foreign = [
    "https://evil.example",
    "null",
    "http://app.example.com",
    `${APP}:444`,
    `${APP}.evil.example`,
    "https://APP.example.com",
    `${APP}/`,
  ];

  it.each(foreign)("that is foreign: %j", async (origin) => {
    const user = fresh();
    const token = await tokenOf(user);
    const headers = { origin, ...bearer(token) };
    for (const method of ["GET", "PATCH", "OPTIONS"]) {
      const answer = await raw(url, inbox("me"), { method, headers });
      expectRefusal(answer, 403, "origin_not_allowed");
      expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    }
    const native = await raw(url, "/v1/connect", { headers: { ...UPGRADE, ...headers } });
    expectRefusal(native, 403, "origin_not_allowed");
    const browser = await refusedSocket(url, "/v1/connect", token, { origin });
    expect(browser).toEqual({ code: "origin_not_allowed", close: 4501 });
  });

  it("that is allowed, with an API key", async () => {
    const path = inbox(fresh());
    const answer = await call(url, "POST", path, { type: "x" }, { origin: APP });
    expectRefusal(answer, 403, "origin_not_allowed");
    await expectUntouched(url, path);
  });

  it("that is allowed gets its own name and no credentials", async () => {
    const preflight = { origin: APP, "access-control-request-method": "PATCH" };
    const refused = await raw(url, inbox("me"), { headers: { origin: APP } });
    expectRefusal(refused, 401, "unauthorized");
    for (const { headers } of [
      await raw(url, inbox("me"), { method: "OPTIONS", headers: preflight }),
      refused,
    ]) {
      expect(headers.get("access-control-allow-origin")).toBe(APP);
      expect(headers.get("vary")).toContain("Origin");
      expect(headers.has("access-control-allow-credentials")).toBe(false);
    }
  });
});

describe("an API key", () => {
  it("in a URL", async () => {
    const stream = { headers: { accept: "text/event-stream" } };
    for (const path of ["/v1/connect", "/v1/topics/t/connect"])
      expectRefusal(await raw(url, `${path}?access_token=${API_KEY}`, stream), 401, "unauthorized");
    const elsewhere = await raw(url, `${inbox("ada")}?access_token=${API_KEY}`);
    expectRefusal(elsewhere, 422, "invalid_params", "access_token");
  });

  it("in a sub-protocol", async () => {
    const refused = await refusedSocket(url, "/v1/topics/t/connect", API_KEY);
    expect(refused).toEqual({ code: "unauthorized", close: 4500 });
  });

  it("of nobody, cut short, or in the wrong scheme", async () => {
    const wrong = [
      `Bearer ${API_KEY}x`,
      `Bearer ${API_KEY.slice(0, -1)}`,
      `Bearer ${API_KEY} x`,
      `Basic ${btoa(API_KEY)}`,
      API_KEY,
      "Bearer",
      "Bearer bk_",
      "Bearer bk_test_../../etc",
    ];
    for (const authorization of wrong) {
      const answer = await raw(url, inbox("ada"), { headers: { authorization } });
      expectRefusal(answer, 401, "unauthorized");
    }
  });

  it("of another hub gets another fix than a missing key", async () => {
    const { json: wrong } = await call(url, "GET", inbox("ada"), undefined, bearer(`${API_KEY}x`));
    expect(wrong.title).toBe("Credentials are missing or not accepted");
    expect(wrong.fix).toMatch(
      /is not one of this hub's: check it, or .* `npm run keys` and set API_KEYS/,
    );
    const { json: none } = await raw(url, inbox("ada"));
    expect([none.title, none.fix]).toEqual([wrong.title, expect.stringMatching(/^send /)]);
  });

  it.each(["nope", "ak_test_0123456789abcdefghij", "a.b", "a.b.c.d", "..."])(
    "that is none, and no token either: %s",
    async (credential) => {
      const headers = bearer(credential);
      for (const answer of [
        await call(url, "POST", "/v1/tokens", { user: "ada" }, headers),
        await raw(url, inbox("ada"), { headers }),
      ]) {
        expectRefusal(answer, 401, "invalid_token");
        expect(answer.json.fix).toMatch(
          /^this is neither an API key \(`bk_…`\) nor a user's token/,
        );
      }
    },
  );

  it("without the scope", async () => {
    const weak = newKey("weak", ["read"]);
    const hub = await start({ API_KEYS: JSON.stringify([weak.entry]) });
    const calls: [string, string, unknown?][] = [
      ["POST", inbox("ada"), { type: "x" }],
      ["POST", messages("t"), { type: "x" }],
      ["POST", "/v1/publish", { to: "user:ada", type: "x" }],
      ["PATCH", inbox("ada"), { epoch: "0", offsets: [1], read: true }],
      ["DELETE", `${inbox("ada")}/1`],
      ["DELETE", "/v1/users/ada/connections"],
      ["DELETE", "/v1/users/ada"],
      ["POST", "/v1/tokens", { user: "ada" }],
    ];
    for (const [method, path, body] of calls) {
      const answer = await call(hub.url, method, path, body, bearer(weak.key));
      expectRefusal(answer, 403, "insufficient_scope");
    }
  });
});

describe("a name", () => {
  const users = "me a%00b a%2Fb a%5Cb a%0D%0Ab %2540 %E0%A4%A %C3%A9 a%20b a* %3Cb%3E".split(" ");
  it.each([...users, "x".repeat(129)])("of no user: %s", async (user) => {
    const publish = await call(url, "POST", inbox(user), { type: "x" });
    const list = await raw(url, inbox(user), { headers: bearer(API_KEY) });
    for (const answer of [publish, list]) expectRefusal(answer, 422, "invalid_params", "user");
  });

  const topics = "everyone $SYS * orders.* a%00 a%2fb a|b a~b a+b %F0%9F%94%94".split(" ");
  it.each([...topics, "x".repeat(129)])("of no topic: %s", async (topic) => {
    const answer = await call(url, "POST", messages(topic), { type: "x" });
    expectRefusal(answer, 422, "invalid_params", "topic");
    const token = await tokenOf("ada", { "topic:*": ["subscribe"] });
    const refused = await refusedSocket(url, `/v1/topics/${topic}/connect`, token);
    expect(refused).toEqual({ code: "invalid_params", close: 4502 });
  });

  it.each([
    ["/v1/users/%2e%2e/notifications", 422, "invalid_params"],
    ["/v1/users/./notifications", 422, "invalid_params"],
    ["/v1/users/../users/bob/notifications", 404, "not_found"],
    ["/v1/users/me/../bob/notifications", 404, "not_found"],
    ["/v1/users/me%2f..%2fbob/notifications", 422, "invalid_params"],
    ["/v1/health/../publish", 404, "not_found"],
    ["/v1/health%2f..%2fpublish", 404, "not_found"],
    ["/v1//users/me/notifications", 404, "not_found"],
    ["/v1/users/me/notifications/", 404, "not_found"],
    ["/V1/users/me/notifications", 404, "not_found"],
    ["//v1/users/me/notifications", 404, "not_found"],
    ["/v1/users/me/notifications%3fx", 404, "not_found"],
    ["/v1/users/bob/notifications;me", 404, "not_found"],
    ["/export", 404, "not_found"],
  ])("by a trick of the path: %s", async (path, status, code) => {
    const answer = await raw(url, path, { headers: bearer(await tokenOf("ada")) });
    expectRefusal(answer, status, code, status === 422 ? "user" : undefined);
  });
});

describe("a request", () => {
  const routes: [string, string][] = [
    [inbox("ada"), "POST, GET, PATCH"],
    [`${inbox("ada")}/1`, "DELETE"],
    ["/v1/users/ada/connections", "DELETE"],
    ["/v1/users/ada/export", "GET"],
    ["/v1/users/ada", "DELETE"],
    [messages("t"), "POST, GET"],
    ["/v1/topics/t/connect", "GET"],
    ["/v1/publish", "POST"],
    ["/v1/connect", "GET"],
    ["/v1/tokens", "POST"],
    ["/v1/health", "GET"],
  ];

  it.each(routes)("of a wrong method: %s", async (path, allow) => {
    for (const method of ["PUT", "TRACE", "OPTIONS", "PROPFIND"]) {
      const answer = await raw(url, path, { method, headers: bearer(API_KEY) });
      expectRefusal(answer, 405, "method_not_allowed");
      expect(answer.headers.get("allow")).toBe(allow);
    }
    if (allow.includes("GET")) return;
    const head = await raw(url, path, { method: "HEAD" });
    expect([head.status, head.headers.get("allow"), head.text]).toEqual([405, allow, ""]);
  });

  it.each(routes)("of a query parameter that is none of its route's: %s", async (path, allow) => {
    for (const method of allow.split(", ")) {
      const answer = await call(url, method, `${path}?catagory=ci&limit=1`);
      if (path.endsWith("/connect")) expectRefusal(answer, 426, "upgrade_required");
      else if (path === "/v1/health") expect(answer.status).toBe(200);
      else expectRefusal(answer, 422, "invalid_params", "catagory");
    }
  });

  it.each([
    [`${inbox("ada")}?category=ci&Limit=1`, "Limit"],
    [`${inbox("ada")}?limit=1&?state=unread`, "?state"],
    [`${inbox("ada")}?limit=1&=`, ""],
    [`${messages("t")}?since=1h&__proto__=1`, "__proto__"],
    [`${messages("t")}/1?since=1h`, "since"],
    [`/v1/topics/t/followers?limit=1&before=a`, "before"],
    [`${inbox("ada")}?${"x".repeat(5000)}=1`, "x".repeat(128)],
  ])("with a disguised or misplaced query parameter: %s", async (path, field) => {
    expectRefusal(await call(url, "GET", path), 422, "invalid_params", field);
  });

  it("with an unknown query parameter `dry_run` does nothing", async () => {
    const user = fresh();
    await call(url, "POST", inbox(user), { type: "x" });
    const answer = await call(url, "DELETE", `/v1/users/${user}?dry_run=true`);
    expectRefusal(answer, 422, "invalid_params", "dry_run");
    expect((await call(url, "GET", inbox(user))).json.counts.total).toBe(1);
  });

  it("by HEAD is answered like a GET, without a body", async () => {
    const headers = bearer(await tokenOf("ada"));
    const head = await raw(url, inbox("me"), { method: "HEAD", headers });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect((await raw(url, inbox("me"), { method: "HEAD" })).status).toBe(401);
  });

  it.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[", "a b"])(
    "by plain http to the host %s",
    async (host) => {
      for (const path of ["/v1/health", inbox("ada"), "/nothing"]) {
        const answer = await raw(url, path, { headers: { host, ...bearer(API_KEY) } });
        expectRefusal(answer, 400, "bad_request");
      }
    },
  );

  it("by plain http to a foreign host, as a socket", async () => {
    const refused = await refusedSocket(url, "/v1/connect", await tokenOf("ada"), {
      host: "evil.example",
    });
    expect(refused).toEqual({ code: "bad_request", close: 4502 });
  });

  it.each([
    ["API_KEYS", undefined, "npm run keys"],
    ["API_KEYS", "[]", "npm run keys"],
    ["JWT_SECRETS", undefined, "npm run keys"],
    ["JWT_SECRETS", "too short", "npm run keys"],
  ])("to a hub whose %s is %s", async (name, value, command) => {
    const hub = await start({ [name]: value });
    for (const [path, allow] of routes.slice(0, -1))
      for (const method of allow.split(", ")) {
        const answer = await call(hub.url, method, path);
        expectRefusal(answer, 503, "not_configured");
        expect(answer.json.fix).toContain(command);
      }
    expect(await refusedSocket(hub.url, "/v1/connect", "x")).toEqual({
      code: "not_configured",
      close: 4001,
    });
    expect((await call(hub.url, "GET", "/v1/health")).json).toEqual({ status: "ok" });
  });

  it("that makes the hub throw", async () => {
    const bundle = inject("bundle");
    const text = await readFile(bundle, "utf8");
    const throwing = text.replace(
      /("belfry\.example\.\*":[^{]*\{)/,
      '$1 throw new Error("inner detail");',
    );
    expect(throwing).not.toBe(text);
    const path = join(dirname(bundle), "throwing.js");
    await writeFile(path, throwing);
    const hub = await start({}, path);
    const answer = await call(hub.url, "POST", inbox("ada"), { type: "belfry.example.x" });
    expectRefusal(answer, 500, "internal");
    expect(answer.text).not.toMatch(/inner detail|Error|\.js|\bat /);
    const lines = hub.log.filter((each) => each.includes(answer.json.request_id));
    expect(lines.map((each) => JSON.parse(each))).toMatchObject([
      { event: "handler_failed", cause: "Error: inner detail" },
      { event: "failed", status: 500 },
    ]);
    const headers = bearer(await tokenOf("ada", allOf("t")));
    const socket = new TestSocket(hub.url, "/v1/topics/t/connect?since=latest", { headers });
    await socket.nextOf("connected");
    socket.send({ type: "publish", id: 1, message: { type: "belfry.example.x" } });
    const error = await socket.next();
    expect(error).toMatchObject({ type: "error", id: 1, code: "internal" });
    expect(JSON.stringify(error)).not.toContain("inner detail");
    expect((await call(hub.url, "POST", inbox("ada"), { type: "x" })).json.offset).toBe(1);
  });

  it("leaves no secret in the log", () => {
    const log = hubs.flatMap((hub) => hub.log).join("\n");
    expect(log).toContain('"event":"refused"');
    expect(log).not.toContain(API_KEY);
    expect(log).not.toContain("eyJ");
  });
});
