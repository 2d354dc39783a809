// Hostile input to the routes of topics, one test for each attack: names, settings, other users' follows.
// Each gets the exact refusal, nothing is changed, and nobody else is disturbed.

import { describe, expect, it } from "vitest";
import { newKey } from "../../src/operate/credentials.ts";
import { byRefusal, expectRefusal, fresh, messages, raw } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import {
  expectFollows,
  expectUnknown,
  follow,
  followersOf,
  followPath,
  followsOf,
  topicPath,
} from "../support/topic-requests.ts";
import { API_KEY, TEST_VARS } from "../support/vars.ts";

const APP = "https://app.example.com";
const reader = newKey("reader", ["read"]);
const writer = newKey("writer", ["publish"]);

const keys = [...JSON.parse(TEST_VARS.API_KEYS), reader.entry, writer.entry];
let url = "";
hubForAll(
  (started) => {
    url = started;
  },
  { API_KEYS: JSON.stringify(keys) },
);

const put = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(url, "PUT", path, body, headers);

describe("a name", () => {
  const topics = "everyone $SYS * news.* a%00 a%2fb a|b a~b a+b a,b %F0%9F%94%94".split(" ");
  it.each([...topics, "x".repeat(129)])("of no topic: %s", async (topic) => {
    const calls: [string, string, unknown?][] = [
      ["PUT", followPath("ada", topic)],
      ["DELETE", followPath("ada", topic)],
      ["PUT", topicPath(topic), {}],
      ["GET", topicPath(topic)],
      ["GET", followersOf(topic)],
      ["GET", `${followersOf(topic)}/ada`],
      ["DELETE", `${followersOf(topic)}/ada`],
      ["GET", `${messages(topic)}/1`],
      ["GET", `${messages(topic)}/1/delivery`],
    ];
    for (const [method, path, body] of calls)
      expectRefusal(await call(url, method, path, body), 422, "invalid_params", "topic");
  });

  const users = "me a%00b a%2Fb a%5Cb %2540 %C3%A9 a%20b a*".split(" ");
  it.each([...users, "x".repeat(129)])("of no user: %s", async (user) => {
    const topic = fresh();
    const calls: [string, string][] = [
      ["PUT", followPath(user, topic)],
      ["DELETE", followPath(user, topic)],
      ["GET", followsOf(user)],
      ["GET", `${followersOf(topic)}/${user}`],
      ["DELETE", `${followersOf(topic)}/${user}`],
    ];
    for (const [method, path] of calls)
      expectRefusal(await call(url, method, path), 422, "invalid_params", "user");
    await expectUnknown(url, topic);
  });

  it.each([
    ["a page of none", "limit=0", "limit"],
    ["a page of too many", "limit=101", "limit"],
    ["half a page", "limit=1.5", "limit"],
    ["a page of words", "limit=all", "limit"],
    ["a page after no user", "after=a/b", "after"],
    ["a page after `me`", "after=me", "after"],
    ["a page after an endless name", `after=${"x".repeat(129)}`, "after"],
  ])("of an invalid page: %s", async (_, query, field) => {
    const answer = await call(url, "GET", `${followersOf("t")}?${query}`);
    expectRefusal(answer, 422, "invalid_params", field);
  });

  it.each(["0", "-1", "1.5", "1e3", "9007199254740993", "99999999999999999", "x", "%31x"])(
    "of no offset: %s",
    async (offset) => {
      for (const path of [`${messages("t")}/${offset}`, `${messages("t")}/${offset}/delivery`])
        expectRefusal(await call(url, "GET", path), 422, "invalid_params", "offset");
    },
  );

  it("of an offset beyond the head", async () => {
    const topic = fresh();
    for (const path of [`${messages(topic)}/1`, `${messages(topic)}/9007199254740991/delivery`])
      expectRefusal(await call(url, "GET", path), 404, "not_found");
    await expectUnknown(url, topic);
  });
});

type SettingsAttack = [attack: string, body: string, field?: string];
const SETTINGS: Record<string, SettingsAttack[]> = {
  "400 bad_request": [
    ["that are malformed JSON", '{"access":"public"'],
    ["with a duplicate key", '{"access":"token","access":"public"}'],
    ["with a duplicate key in disguise", '{"access":"token","\\u0061ccess":"public"}'],
  ],
  "413 payload_too_large": [["that are oversize", `{"access":"${"x".repeat(1_048_576)}"}`]],
  "422 invalid_params": [
    ["that are null", "null"],
    ["that are a text", '"public"'],
    ["with an unknown field", '{"acces":"public"}', "acces"],
    ["with __proto__", '{"__proto__":{"access":"public"}}', "__proto__"],
    ["with what the hub calls it inside", '{"messagesMax":1}', "messagesMax"],
    ["with an access of their own", '{"access":"everyone"}', "access"],
    ["with a list of accesses", '{"access":["public"]}', "access"],
    ["with no access", '{"access":null}', "access"],
    ["that keep nothing", '{"messages_max":0}', "messages_max"],
    ["that keep less than nothing", '{"messages_max":-1}', "messages_max"],
    ["that keep half a message", '{"messages_max":1.5}', "messages_max"],
    ["that keep too much", '{"messages_max":100001}', "messages_max"],
    ["that keep beyond all numbers", '{"messages_max":1e308}', "messages_max"],
    ["with a number in words", '{"messages_max":"10"}', "messages_max"],
    ["of no age", '{"age_days":0}', "age_days"],
    ["of a negative age", '{"age_days":-1}', "age_days"],
    ["of an age beyond all time", '{"age_days":1e308}', "age_days"],
    ["of an age just too high", '{"age_days":3650.1}', "age_days"],
    ["of an age that is a list", '{"age_days":[1]}', "age_days"],
  ],
};

describe("settings", () => {
  it.each(byRefusal(SETTINGS))("$row.0", async ({ refusal, row: [, body, field] }) => {
    const [status, code] = refusal.split(" ") as [string, string];
    const topic = fresh();
    expectRefusal(await put(topicPath(topic), body), Number(status), code, field);
    await expectUnknown(url, topic);
  });

  it("that are a list, which would reset them", async () => {
    const topic = fresh();
    await put(topicPath(topic), { messages_max: 7 });
    const { status } = await put(topicPath(topic), "[]");
    const standing = (await call(url, "GET", topicPath(topic))).json;
    expect([status, standing.messages_max]).toEqual([422, 7]);
  });

  it("by a user's token, an API key in a browser, or a key without the scope", async () => {
    const topic = fresh();
    const token = bearer(await tokenOf("ada", { "topic:*": ["subscribe", "follow", "publish"] }));
    const body = { access: "public" };
    for (const headers of [token, bearer(reader.key), bearer(writer.key)])
      expectRefusal(await put(topicPath(topic), body, headers), 403, "insufficient_scope");
    const browser = await put(topicPath(topic), body, { origin: APP });
    expectRefusal(browser, 403, "origin_not_allowed");
    expectRefusal(await raw(url, topicPath(topic), { method: "PUT" }), 401, "unauthorized");
    await expectUnknown(url, topic);
  });
});

describe("a route of topics", () => {
  const routes = (topic: string): [method: string, path: string, scope: string][] => [
    ["GET", topicPath(topic), "read"],
    ["GET", followersOf(topic), "read"],
    ["GET", `${followersOf(topic)}/ada`, "read"],
    ["DELETE", `${followersOf(topic)}/ada`, "manage"],
    ["GET", `${messages(topic)}/1/delivery`, "read"],
  ];

  it("with a user's token, even the follower's own", async () => {
    const topic = fresh();
    await follow(url, "ada", topic);
    const token = bearer(await tokenOf("ada", { "topic:*": ["subscribe", "follow", "publish"] }));
    for (const [method, path] of routes(topic))
      expectRefusal(await call(url, method, path, undefined, token), 403, "insufficient_scope");
    await expectFollows(url, "ada", topic);
    await call(url, "DELETE", `/v1/users/ada`);
  });

  it("with a key without the scope, without a key, or from a browser", async () => {
    const [user, topic] = [fresh(), fresh()];
    const all: [string, string, string][] = [
      ...routes(topic),
      ["GET", followsOf(user), "read"],
      ["PUT", followPath(user, topic), "manage"],
      ["DELETE", followPath(user, topic), "manage"],
      ["GET", `${messages(topic)}/1`, "read"],
    ];
    for (const [method, path, scope] of all) {
      const weak = bearer(scope === "read" ? writer.key : reader.key);
      expectRefusal(await call(url, method, path, undefined, weak), 403, "insufficient_scope");
      const browser = await call(url, method, path, undefined, { origin: APP });
      expectRefusal(browser, 403, "origin_not_allowed");
      expectRefusal(await raw(url, path, { method }), 401, "unauthorized");
    }
    await expectFollows(url, user);
    await expectUnknown(url, topic);
  });

  it.each([
    [followPath("ada", "t"), "PUT, DELETE"],
    [followsOf("ada"), "GET"],
    [topicPath("t"), "GET, PUT"],
    [followersOf("t"), "GET"],
    [`${followersOf("t")}/ada`, "GET, DELETE"],
    [`${messages("t")}/1`, "GET"],
    [`${messages("t")}/1/delivery`, "GET"],
  ])("by a wrong method: %s", async (path, allow) => {
    for (const method of ["POST", "PATCH", "OPTIONS", "PROPFIND"]) {
      const answer = await raw(url, path, { method, headers: bearer(API_KEY) });
      expectRefusal(answer, 405, "method_not_allowed");
      expect(answer.headers.get("allow")).toBe(allow);
    }
  });

  it("by a trick of the path", async () => {
    const headers = bearer(await tokenOf("ada", { "topic:*": ["follow"] }));
    for (const [path, status, code, field] of [
      ["/v1/users/me/../bob/follows/t", 404, "not_found", undefined],
      ["/v1/users/bob%2f..%2fme/follows/t", 422, "invalid_params", "user"],
      ["/v1/users/me/follows/a%2f..%2fb", 422, "invalid_params", "topic"],
      ["/v1/users/me/follows/t/", 404, "not_found", undefined],
      ["/v1/users/%6de/follows/%65veryone", 422, "invalid_params", "topic"],
    ] as const)
      expectRefusal(await raw(url, path, { method: "PUT", headers }), status, code, field);
    await expectFollows(url, "bob");
  });
});
