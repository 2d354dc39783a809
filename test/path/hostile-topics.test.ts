// Hostile input to following, subscribing and the settings of topics, one test for each attack: the
// exact refusal, nothing changed, and the hub and everyone else go on.

import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { newKey } from "../../src/operate/credentials.ts";
import type { Caps } from "../../src/protocol/caps.ts";
import {
  allOf,
  byRefusal,
  expectRefusal,
  expectUntouched,
  fresh,
  inbox,
  many,
  messages,
  offer,
  raw,
  refusedSocket,
} from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { EventReader } from "../support/events.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";
import {
  answersOf,
  ask,
  dataOf,
  device,
  follow,
  followPath,
  followsOf,
  keptOf,
  may,
  rest,
  say,
  stepsOf,
  subscribe,
  topicPath,
  untilDelivered,
} from "../support/topics.ts";
import { API_KEY, TEST_VARS } from "../support/vars.ts";
import { View } from "../support/view.ts";

const APP = "https://app.example.com";
const reader = newKey("reader", ["read"]);
const writer = newKey("writer", ["publish"]);

let hub: Hub;
let url = "";
beforeAll(async () => {
  const keys = [...JSON.parse(TEST_VARS.API_KEYS), reader.entry, writer.entry];
  hub = await startHub(inject("bundle"), { API_KEYS: JSON.stringify(keys) });
  ({ url } = hub);
});
afterAll(() => hub.stop());

const put = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(url, "PUT", path, body, headers);
const followersOf = (topic: string) => `${topicPath(topic)}/followers`;
const expectFollows = async (user: string, ...topics: string[]) =>
  expect((await call(url, "GET", followsOf(user))).json).toEqual({
    follows: topics.map((topic) => ({ topic })),
  });
/** The topic has no member, and nothing was published to it. */
const expectUnknown = async (topic: string) =>
  expect((await call(url, "GET", topicPath(topic))).json).toMatchObject({
    ...{ access: "token", messages_max: 1000, age_days: 7, cursor: "0:0", members: 0 },
  });

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
    await expectUnknown(topic);
  });

  it.each([
    ["a page of none", "limit=0", "limit"],
    ["a page of too many", "limit=101", "limit"],
    ["half a page", "limit=1.5", "limit"],
    ["a page of words", "limit=all", "limit"],
    ["a page after no user", "after=a/b", "after"],
    ["a page after `me`", "after=me", "after"],
    ["a page after an endless name", `after=${"x".repeat(129)}`, "after"],
  ])("of no page: %s", async (_, query, field) => {
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

  it("of an offset beyond all there is", async () => {
    const topic = fresh();
    for (const path of [`${messages(topic)}/1`, `${messages(topic)}/9007199254740991/delivery`])
      expectRefusal(await call(url, "GET", path), 404, "not_found");
    await expectUnknown(topic);
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
    await expectUnknown(topic);
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
    await expectUnknown(topic);
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
    await expectFollows("ada", topic);
    await call(url, "DELETE", `/v1/users/ada`);
  });

  it("with a key that has not the scope, with none, or from a browser", async () => {
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
    await expectFollows(user);
    await expectUnknown(topic);
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
    await expectFollows("bob");
  });
});

describe("a user", () => {
  it("who follows without the cap, or with one for another topic", async () => {
    const [user, topic] = [fresh(), fresh()];
    const caps: Caps[] = [
      {},
      may([topic], "subscribe", "publish", "presence"),
      may([`${topic}x`, topic.slice(0, -1)], "follow"),
      { [`topic:${topic}.*`]: ["follow"] },
    ];
    for (const each of caps) {
      const headers = bearer(await tokenOf(user, each));
      const answer = await put(followPath("me", topic), undefined, headers);
      expectRefusal(answer, 403, "insufficient_scope");
      const { socket } = await device(url, user, each);
      expect(await ask(socket, { type: "follow", topic })).toMatchObject({
        ...{ type: "error", code: "insufficient_scope", field: "topic" },
      });
      socket.drop();
    }
    await expectFollows(user);
    await expectUnknown(topic);
  });

  it("who follows for another, ends another's following, or looks at it", async () => {
    const [victim, eve, topic] = many(3, fresh) as [string, string, string];
    await follow(url, victim, topic);
    const headers = bearer(await tokenOf(eve, { "topic:*": ["follow", "subscribe"] }));
    for (const [method, path] of [
      ["PUT", followPath(victim, fresh())],
      ["DELETE", followPath(victim, topic)],
      ["GET", followsOf(victim)],
    ] as const)
      expectRefusal(await call(url, method, path, undefined, headers), 403, "insufficient_scope");
    const { socket } = await device(url, eve, { "topic:*": ["follow"] });
    // Whom a frame names is of no account: it is always the socket's own user.
    await ask(socket, { type: "follow", topic, user: victim });
    await ask(socket, { type: "unfollow", topic, user: victim });
    await expectFollows(eve);
    await expectFollows(victim, topic);
    socket.drop();
  });

  it("who subscribes without the cap", async () => {
    const [user, topic] = [fresh(), fresh()];
    await say(url, topic, "secret");
    const caps = may([topic], "publish", "follow", "presence");
    const { socket } = await device(url, user, caps, `since=latest&topics=${topic}~0:0`);
    const refused = { type: "error", code: "insufficient_scope" };
    expect(await socket.next()).toMatchObject({ ...refused, id: null, topic });
    for (const since of ["0:0", "latest", "1h"])
      expect(await subscribe(socket, topic, since)).toMatchObject({ ...refused, field: "topic" });
    const { offset } = await say(url, topic, "secret too");
    expect(await untilDelivered(url, topic, offset)).toMatchObject({ members: 0 });
    expect(await rest(socket)).toEqual([]);
    expect(JSON.stringify(socket.arrived)).not.toContain("secret");
    socket.drop();
  });

  it("whose token was revoked follows, lists and subscribes nothing", async () => {
    const [user, topic] = [fresh(), fresh()];
    const iat = Math.floor(Date.now() / 1000) - 10;
    const caps = may([topic], "follow", "subscribe");
    const token = await tokenOf(user, caps, { iat });
    const socket = new TestSocket(url, "/v1/connect?since=latest", { headers: bearer(token) });
    await socket.nextOf("connected");
    const not_before = new Date().toISOString();
    await call(url, "DELETE", `/v1/users/${user}/connections`, { not_before });
    for (const type of ["follow", "subscribe"]) socket.send({ type, id: type, topic });
    expect(await socket.next()).toMatchObject({ type: "disconnect", code: 4503 });
    for (const [method, path] of [
      ["PUT", followPath("me", topic)],
      ["DELETE", followPath("me", topic)],
      ["GET", followsOf("me")],
      ["GET", `${messages(topic)}/1`],
    ] as const)
      expectRefusal(await call(url, method, path, undefined, bearer(token)), 401, "invalid_token");
    expect(await refusedSocket(url, `/v1/connect?topics=${topic}`, token)).toEqual({
      ...{ code: "invalid_token", close: 4500 },
    });
    await expectFollows(user);
    await expectUnknown(topic);
    socket.drop();
  });

  it("who follows and subscribes after a close", async () => {
    const [user, topic] = [fresh(), fresh()];
    const token = await tokenOf(user, may([topic], "follow", "subscribe"));
    const socket = new TestSocket(url, "/v1/connect?since=latest", { protocols: offer(token) });
    const tcp = new Promise<Socket>((resolve) =>
      socket.ws.on("upgrade", (response) => resolve(response.socket)),
    );
    await socket.nextOf("connected");
    // Masked with zeros, which leaves the payload as it is.
    const frameOf = (opcode: number, payload: Buffer) =>
      Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    const late = ["follow", "subscribe"].map((type) =>
      frameOf(1, Buffer.from(JSON.stringify({ type, topic }))),
    );
    (await tcp).write(Buffer.concat([frameOf(8, Buffer.from([0x03, 0xe8])), ...late]));
    expect(await socket.next()).toMatchObject({ type: "closed", code: 1000 });
    await expectFollows(user);
    await expectUnknown(topic);
  });

  it("who watches a public topic without a token publishes, refreshes and subscribes nothing", async () => {
    const topic = fresh();
    await put(topicPath(topic), { access: "public" });
    const socket = new TestSocket(url, `${topicPath(topic)}/connect?since=latest`);
    const { connection } = await socket.nextOf("connected");
    const refused: [Record<string, unknown>, string][] = [
      [{ type: "publish", message: { data: 1 } }, "insufficient_scope"],
      [{ type: "publish", topic: fresh(), message: { data: 1 } }, "insufficient_scope"],
      [{ type: "publish", message: { data: 1, exclude: connection } }, "insufficient_scope"],
      [{ type: "refresh", token: await tokenOf("ada", allOf(topic)) }, "invalid_token"],
      [{ type: "refresh", token: "null" }, "invalid_token"],
      [{ type: "subscribe", topic }, "bad_request"],
      [{ type: "follow", topic }, "bad_request"],
      [{ type: "read", epoch: "0", up_to: 1 }, "bad_request"],
    ];
    for (const [frame, code] of refused)
      expect(await ask(socket, frame)).toMatchObject({ type: "error", code });
    for (const [method, body] of [["POST", '{"data":1}'], ["GET"]] as const) {
      const path = method === "POST" ? messages(topic) : followersOf(topic);
      const answer = await raw(url, path, { method, ...(body === undefined ? {} : { body }) });
      expectRefusal(answer, 401, "unauthorized");
    }
    await expectUntouched(url, messages(topic));
    socket.drop();
  });

  it("who has nothing to show, at a topic that is not public", async () => {
    const topic = fresh();
    await say(url, topic, "secret");
    const bad = { authorization: "Bearer x.y.z" };
    for (const path of [messages(topic), `${messages(topic)}/1`]) {
      expectRefusal(await raw(url, path), 401, "unauthorized");
      expectRefusal(await raw(url, path, { headers: bad }), 401, "invalid_token");
      expectRefusal(
        await raw(url, path, { headers: { origin: "https://evil.example" } }),
        403,
        "origin_not_allowed",
      );
    }
    const stream = { headers: { accept: "text/event-stream" } };
    const path = `${topicPath(topic)}/connect`;
    expectRefusal(await raw(url, path, stream), 401, "unauthorized");
    expectRefusal(await raw(url, "/v1/connect", stream), 401, "unauthorized");
    const browser = new TestSocket(url, path, { protocols: ["belfry.v1"] });
    expect(await browser.next()).toMatchObject({ type: "error", code: "unauthorized" });
    expect(await browser.next()).toMatchObject({ type: "closed", code: 4500 });
  });
});

describe("the topics of a connect", () => {
  const connectTo = async (query: string, accept = false) => {
    const token = await tokenOf(fresh(), { "topic:*": ["subscribe"] });
    const path = `/v1/connect?${query}`;
    if (!accept) return refusedSocket(url, path, token);
    const headers = { ...bearer(token), accept: "text/event-stream" };
    return raw(url, path, { headers });
  };

  it.each([
    ["101 of them", many(101, (i) => `t${i}`).join(",")],
    ["the same twice", "a,b,a"],
    ["the same twice, with other cursors", "a~latest,a~0:0"],
    ["an empty one", "a,,b"],
    ["nothing but a comma", ","],
    ["nothing but a cursor", "~latest"],
    ["`everyone`", "everyone"],
    ["a pattern", "news.*"],
    ["an endless name", "x".repeat(129)],
    ["a name out of the alphabet", "a%20b"],
    ["a name with a slash", "a%2Fb"],
    ["a negative cursor", "a~e:-1"],
    ["a broken cursor", "a~e:1.5"],
    ["a cursor beyond all numbers", "a~e:9007199254740993"],
    ["a cursor without an epoch", "a~:1"],
    ["a cursor of an endless epoch", `a~${"e".repeat(33)}:1`],
    ["a time that is none", "a~yesterday"],
    ["a time with a plus that is a blank", "a~2026-01-01T00:00:00+00:00"],
    ["a duration without end", "a~9999999d"],
    ["a snapshot by name", "a~snapshot"],
  ])("that are %s", async (_, topics) => {
    const refused = await connectTo(`topics=${topics}`);
    expect(refused).toEqual({ code: "invalid_params", close: 4502 });
  });

  it("that have two cursors behind one name", async () => {
    const headers = bearer(await tokenOf(fresh()));
    const socket = new TestSocket(url, "/v1/connect?topics=a~0:0~latest", { headers });
    expect(await socket.next()).toMatchObject({ type: "closed" });
  });

  it("that are 11 on a stream, or twice the same", async () => {
    for (const topics of [many(11, (i) => `t${i}`), ["a", "a"]]) {
      const answer = await connectTo(`topics=${topics.join(",")}`, true);
      expectRefusal(answer as never, 422, "invalid_params", "topics");
    }
  });

  it.each([
    ["of the future", (epoch: string) => `${epoch}:3`],
    ["huge", (epoch: string) => `${epoch}:${Number.MAX_SAFE_INTEGER}`],
    ["of a foreign epoch", () => "foreign:1"],
    ["of an empty log, but moved", () => "0:1"],
    ["of another topic", (_: string, other: string) => other],
  ])("with a cursor that is %s", async (_, cursorOf) => {
    const [topic, other] = [fresh(), fresh()];
    const { cursor } = await say(url, other, 1, 2);
    const { epoch } = await say(url, topic, 1, 2);
    const since = cursorOf(epoch, cursor);
    const caps = may([topic], "subscribe");
    const { socket } = await device(url, fresh(), caps, `since=latest&topics=${topic}~${since}`);
    const answers = await answersOf(socket, 1);
    expect(answers.get(topic)).toMatchObject({ recovered: false, offset: 2 });
    expect(await socket.messages()).toMatchObject({ snapshot: true, since: null, to: 2 });
    expect(await subscribe(socket, topic, since)).toMatchObject({ recovered: false });
    socket.drop();
  });
});

describe("a Last-Event-ID", () => {
  const open = async (topics: string, lastEventId: string) => {
    const token = await tokenOf("ada", { "topic:*": ["subscribe"] });
    const headers = { ...bearer(token), accept: "text/event-stream", "last-event-id": lastEventId };
    return raw(url, `/v1/connect?since=latest&topics=${topics}`, { headers });
  };

  it.each([
    ["of no cursor", "x", "since"],
    ["of a list without topics", "e:1,e:2", "since"],
    ["of a tilde", "~", "since"],
    ["of a topic where the inbox stands", "a~e:1", "since"],
    ["with a broken cursor of the inbox", "e:-1,a~e:1", "since"],
    ["with a broken cursor of a topic", "e:1,a~e:-1", "topics"],
    ["with words for a cursor", "e:1,a~__proto__", "topics"],
    ["with half of it", "e:1,a~e:", "topics"],
  ])("%s", async (_, lastEventId, field) => {
    expectRefusal(await open("a", lastEventId), 422, "invalid_params", field);
  });

  it("that smuggles topics that were not asked for", async () => {
    const [asked, smuggled] = [fresh(), fresh()];
    const { epoch } = await say(url, asked, 1, 2);
    await say(url, smuggled, "secret");
    const token = await tokenOf(fresh(), may([asked], "subscribe"));
    const id = `0:0,${smuggled}~0:0,${asked}~${epoch}:1,__proto__~0:0,everyone~0:0,a/b~0:0`;
    const events = await EventReader.open(url, `/v1/connect?topics=${asked}`, {
      ...{ ...bearer(token), "last-event-id": id },
    });
    const [connected, reply, step] = [
      await events.next(),
      await events.next(),
      await events.next(),
    ];
    expect(connected).toMatchObject({ event: "connected", data: { recovered: true } });
    expect(reply).toMatchObject({ data: { topic: asked, recovered: true } });
    expect(step).toMatchObject({ data: { topic: asked, since: 1, to: 2 } });
    expect((await call(url, "GET", topicPath(smuggled))).json.members).toBe(0);
    await events.close();
  });

  it("that would break out of its header", async () => {
    const answer = await open("a", "e:1,a~e:1\tx-belfry: 1");
    expectRefusal(answer, 422, "invalid_params", "topics");
  });

  it("of many topics on a socket, where it is a header like any other", async () => {
    const topic = fresh();
    const { epoch } = await say(url, topic, 1, 2);
    const headers = {
      ...bearer(await tokenOf(fresh(), may([topic], "subscribe"))),
      "last-event-id": `0:0,${many(500, (i) => `x${i}~0:0`).join(",")},${topic}~${epoch}:1`,
    };
    const socket = new TestSocket(url, `/v1/connect?topics=${topic}`, { headers });
    expect((await answersOf(socket, 1)).get(topic)).toMatchObject({ recovered: true });
    expect(await socket.messages()).toMatchObject({ topic, since: 1, to: 2 });
    socket.drop();
  });
});

const FRAMES: Record<string, [attack: string, frame: string, field?: string][]> = {
  bad_request: [
    ["without a topic", '{"type":"subscribe"}', "topic"],
    ["with a topic that is a list", '{"type":"subscribe","topic":["a"]}', "topic"],
    ["with a topic that is null", '{"type":"follow","topic":null}', "topic"],
    ["with an empty topic", '{"type":"follow","topic":""}', "topic"],
    ["with `everyone`", '{"type":"subscribe","topic":"everyone"}', "topic"],
    ["with a pattern", '{"type":"subscribe","topic":"*"}', "topic"],
    ["with an address", '{"type":"subscribe","topic":"topic/a"}', "topic"],
    ["with an endless topic", `{"type":"follow","topic":"${"x".repeat(129)}"}`, "topic"],
    ["with a topic of bells", '{"type":"unfollow","topic":"\\ud83d\\udd14"}', "topic"],
    ["with half a bell", '{"type":"unsubscribe","topic":"\\ud83d"}', "topic"],
    ["with a topic behind NUL", '{"type":"unsubscribe","topic":"a\\u0000"}', "topic"],
    ["with a `since` that is a number", '{"type":"subscribe","topic":"a","since":1}', "since"],
    ["with a `since` that is a list", '{"type":"subscribe","topic":"a","since":[]}', "since"],
    ["with a duplicate topic", '{"type":"subscribe","topic":"a","topic":"b"}'],
  ],
  invalid_params: [
    ["with a cursor that is none", '{"type":"subscribe","topic":"a","since":"x"}', "since"],
    ["with a negative cursor", '{"type":"subscribe","topic":"a","since":"e:-1"}', "since"],
    ["with a snapshot by name", '{"type":"subscribe","topic":"a","since":"snapshot"}', "since"],
    [
      "with an endless `since`",
      `{"type":"subscribe","topic":"a","since":"${"9".repeat(200_000)}"}`,
      "since",
    ],
  ],
};

describe("a frame", () => {
  it.each(byRefusal(FRAMES))("$row.0", async ({ refusal: code, row: [, frame, field] }) => {
    const user = fresh();
    const { socket } = await device(url, user, { "topic:*": ["subscribe", "follow"] });
    socket.ws.send(frame);
    const error = (await socket.next()) as { type: string; code: string; field?: string };
    const said = { type: error.type, code: error.code, field: error.field };
    expect(said).toEqual({ type: "error", code, field });
    expect(await rest(socket)).toEqual([]);
    await expectFollows(user);
    socket.drop();
  });

  it("with unknown members, which are passed over", async () => {
    const [user, topic] = [fresh(), fresh()];
    const { socket } = await device(url, user, may([topic], "subscribe"));
    const more = {
      follows: true,
      member: "user:bob",
      unlessPublic: null,
      caps: { "topic:*": ["follow"] },
    };
    expect(await ask(socket, { type: "subscribe", topic, ...more })).toMatchObject({
      type: "reply",
    });
    const standing = (await call(url, "GET", followersOf(topic))).json;
    expect(standing.followers).toEqual([]);
    socket.drop();
  });

  it("that subscribes and unsubscribes, thirty in a second", async () => {
    const [user, topic] = [fresh(), fresh()];
    const { socket } = await device(url, user, may([topic], "subscribe"));
    await say(url, topic, "before");
    for (let id = 0; id < 29; id++) {
      const type = id % 2 === 0 ? "subscribe" : "unsubscribe";
      socket.send({ type, id, topic, since: "latest" });
    }
    const ids: unknown[] = [];
    while (ids.length < 29) {
      const answer = await socket.nextOf("reply");
      ids.push(answer.id);
    }
    expect(ids).toEqual(many(29, (i) => i));
    // The last one subscribed: what comes now comes once.
    const { offset } = await say(url, topic, "after");
    expect(await untilDelivered(url, topic, offset)).toMatchObject({ members: 1 });
    expect(await socket.messages()).toMatchObject({
      since: 1,
      to: 2,
      messages: [{ data: "after" }],
    });
    socket.drop();
  });

  it("that follows and unfollows, in a storm that is cut off", async () => {
    const [user, topic] = [fresh(), fresh()];
    const { socket } = await device(url, user, may([topic], "follow", "subscribe"));
    const types = ["follow", "subscribe", "unfollow", "unsubscribe"];
    for (let id = 0; id < 80; id++) socket.send({ type: types[id % 4], id, topic });
    const arrived = [];
    do arrived.push(await socket.next());
    while (arrived.at(-1)?.type !== "closed");
    expect(arrived.slice(-2)).toMatchObject([{ type: "disconnect", code: 4008 }, { code: 4008 }]);
    // Whatever the last one that was taken has left, both sides agree on it.
    const { follows } = (await call(url, "GET", followsOf(user))).json;
    const { followers } = (await call(url, "GET", followersOf(topic))).json;
    expect(followers).toEqual(follows.length === 0 ? [] : [user]);
    await call(url, "PUT", followPath(user, topic));
    const { offset } = await say(url, topic, "x");
    await untilDelivered(url, topic, offset);
    expect(await keptOf(url, user, topic)).toEqual([{ data: "x", at: offset }]);
  });

  it("that follows and unfollows by HTTP, all at once", async () => {
    const [user, topic] = [fresh(), fresh()];
    const path = followPath(user, topic);
    await Promise.all(many(40, (i) => call(url, i % 2 === 0 ? "PUT" : "DELETE", path)));
    const { follows } = (await call(url, "GET", followsOf(user))).json;
    const { followers } = (await call(url, "GET", followersOf(topic))).json;
    expect(followers).toEqual(follows.length === 0 ? [] : [user]);
    const { offset } = await say(url, topic, "x");
    await untilDelivered(url, topic, offset);
    expect(await keptOf(url, user, topic)).toHaveLength(follows.length);
  });
});

describe("an attachment that would grow too large", () => {
  const long = (i: number) => `${fresh()}.${i}`.padEnd(128, "x");
  const actions = ["subscribe", "follow", "publish", "presence"] as const;

  /** Caps of nearly 4 KiB that allow to subscribe everywhere. */
  function wide(): Caps {
    const caps: Caps = { "topic:*": ["subscribe"] };
    for (let i = 0; JSON.stringify(caps).length < 3_900; i++)
      caps[`topic:${"p".repeat(100)}${i}`] = [...actions];
    return caps;
  }

  /** The connection still speaks, and each of the topics it was given reaches it. */
  async function expectAlive(socket: TestSocket, topics: string[]): Promise<void> {
    await rest(socket);
    for (const topic of topics) {
      const { offset } = await say(url, topic, "x");
      expect(await untilDelivered(url, topic, offset)).toMatchObject({ behind: 0 });
    }
    const told = (await rest(socket)).map((each) => ("topic" in each ? each.topic : null));
    expect(told).toEqual(topics);
  }

  it("by frames: what has no room is refused, and the rest goes on", async () => {
    const topics = many(70, long);
    const query = `since=latest&topics=${topics.map((topic) => `${topic}~latest`).join(",")}`;
    const { socket } = await device(url, fresh(), wide(), query);
    await answersOf(socket, 70);
    const answers = [];
    for (const topic of many(20, long)) answers.push(await subscribe(socket, topic, "latest"));
    const kinds = answers.map((each) => (each.type === "error" ? each.code : each.type));
    const taken = kinds.indexOf("connection_limit");
    expect(taken).toBeGreaterThan(5);
    expect(kinds.slice(taken).every((kind) => kind === "connection_limit")).toBe(true);
    await expectAlive(socket, topics.slice(0, 3));
    expect(await ask(socket, { type: "unsubscribe", topic: topics[3] })).toMatchObject({
      ...{ type: "reply", changed: true },
    });
    expect(await subscribe(socket, long(0), "latest")).toMatchObject({ type: "reply" });
    socket.drop();
  });

  it("by a connect: each of 100 long names is answered, and those taken are told", async () => {
    const user = fresh();
    const topics = many(100, long);
    const [last = ""] = topics.slice(-1);
    await follow(url, user, last);
    const query = `since=latest&topics=${topics.map((topic) => `${topic}~latest`).join(",")}`;
    const { socket } = await device(url, user, wide(), query);
    const answers = await answersOf(socket, 100);
    const refused = topics.filter((topic) => answers.get(topic)?.type === "error");
    expect(refused.length).toBeGreaterThan(5);
    for (const topic of refused)
      expect(answers.get(topic)).toMatchObject({ code: "connection_limit", temporary: true });
    const taken = topics.filter((topic) => !refused.includes(topic));
    await expectAlive(socket, taken.slice(-2));
    // One that had no room holds nobody up, a follow of it least.
    const { offset } = await say(url, last, "x");
    expect(await untilDelivered(url, last, offset)).toMatchObject({ behind: 0 });
    expect(await keptOf(url, user, last)).toHaveLength(1);
    socket.drop();
  });

  it("by a refresh with wide caps, after 100 long names: the connection goes on", async () => {
    const user = fresh();
    const topics = many(100, long);
    const query = `since=latest&topics=${topics.map((topic) => `${topic}~latest`).join(",")}`;
    const { socket } = await device(url, user, { "topic:*": ["subscribe"] }, query);
    await answersOf(socket, 100);
    const token = await tokenOf(user, wide());
    const answer = await ask(socket, { type: "refresh", token });
    expect(answer.type === "reply" || answer.code !== "internal").toBe(true);
    socket.send("x");
    expect(await socket.nextOf("error")).toMatchObject({ code: "bad_request" });
    await expectAlive(socket, topics.slice(0, 2));
  });
});

describe("`exclude`", () => {
  it.each([
    ["a name that is none", '"c_x"'],
    ["an empty name", '""'],
    ["a pattern", '"*"'],
    ["a name in capitals", `"C_${"0".repeat(36)}"`],
    ["a name with more behind it", `"c_${"0".repeat(36)}0"`],
    ["a name with a newline behind it", `"c_${"0".repeat(36)}\\n"`],
    ["a list of names", `["c_${"0".repeat(36)}"]`],
    ["a number", "1"],
    ["null", "null"],
  ])("of %s", async (_, exclude) => {
    const topic = fresh();
    const body = `{"type":"x","exclude":${exclude}}`;
    const answer = await call(url, "POST", messages(topic), body);
    expectRefusal(answer, 422, "invalid_params", "exclude");
    const { socket } = await device(url, fresh(), may([topic], "publish"));
    socket.send(`{"type":"publish","id":1,"topic":"${topic}","message":${body}}`);
    expect(await socket.next()).toMatchObject({ code: "invalid_params", field: "exclude" });
    await expectUntouched(url, messages(topic));
    socket.drop();
  });

  it("of someone else's connection hides nothing for good, and nobody is told its name", async () => {
    const topic = fresh();
    const caps = may([topic], "subscribe", "publish");
    const victim = await device(url, fresh(), caps);
    const eve = await device(url, fresh(), caps);
    for (const { socket } of [victim, eve]) await subscribe(socket, topic, "latest");
    const message = { data: "hidden", exclude: victim.connection };
    await ask(eve.socket, { type: "publish", topic, message });
    await ask(victim.socket, { type: "publish", topic, message: { data: "seen" } });
    await untilDelivered(url, topic, 2);
    await rest(victim.socket);
    await rest(eve.socket);
    // Its cursor goes along, so that it does not come back for what it was not to be told …
    const view = new View();
    view.offset = 0;
    for (const step of stepsOf(victim.socket.arrived, topic)) expect(view.apply(step)).toBe(true);
    expect([view.offset, dataOf(view.applied)]).toEqual([2, ["seen"]]);
    // … and whoever asks has it.
    await subscribe(victim.socket, topic, "0:0");
    expect(dataOf((await victim.socket.messages()).messages)).toEqual(["hidden", "seen"]);
    // The one thing that names a connection is its own `connected`.
    const history = (await call(url, "GET", messages(topic))).text;
    expect(JSON.stringify(eve.socket.arrived) + history).not.toContain(victim.connection);
    for (const { socket } of [victim, eve]) socket.drop();
  });

  it("of a connection that is not there, three hundred times in a list", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const { socket } = await device(url, user, may([topic], "subscribe"));
    await subscribe(socket, topic, "latest");
    const list = many(300, (data) => ({ data, exclude: `c_${crypto.randomUUID()}` }));
    expect((await call(url, "POST", messages(topic), list)).json).toMatchObject({ stored: 300 });
    await untilDelivered(url, topic, 300);
    const all = stepsOf(await rest(socket), topic).flatMap(({ messages: told }) => told);
    expect(dataOf(all)).toEqual(many(300, (i) => i));
    socket.drop();
  });

  it("in a user's own inbox, where it would take a notification from a device", async () => {
    const user = fresh();
    const { socket, connection } = await device(url, user, {});
    const answer = await call(url, "POST", inbox(user), { data: "x", exclude: connection });
    const told = stepsOf(await rest(socket), null).flatMap(({ messages: each }) => dataOf(each));
    socket.drop();
    expect(answer.status === 422 || told.includes("x")).toBe(true);
  });
});

describe("a message through a follow", () => {
  const UNICODE = [
    "\u0000\u0001\u001f\u007f\u0080\u2028\u2029\ufeff\uffff",
    "🔔👩‍👩‍👧‍👦\u202e gnol",
    "\ud83d alone",
    '"},"topic":"other","topic_offset":9,{"',
    "</script><!--",
    "data: x\n\nevent: expired\n\n",
  ];

  it("with data of every kind", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const { socket } = await device(url, user, may([topic], "subscribe"));
    await subscribe(socket, topic, "latest");
    const data = { list: UNICODE, [UNICODE[0] as string]: { topic: "x", topic_offset: 0 } };
    const body = `{"data":${JSON.stringify(data)},"notification":{"title":${JSON.stringify(UNICODE[1])}}}`;
    expect((await call(url, "POST", messages(topic), body)).status).toBe(201);
    await untilDelivered(url, topic, 1);
    expect(await keptOf(url, user, topic)).toEqual([{ data, at: 1 }]);
    const told = await rest(socket);
    for (const of of [topic, null])
      expect(stepsOf(told, of)[0]?.messages).toMatchObject([
        { data, notification: { title: UNICODE[1] } },
      ]);
    socket.drop();
  });

  it("with a __proto__ in its data", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const data = '{"__proto__":{"polluted":true},"constructor":1}';
    await call(url, "POST", messages(topic), `{"data":${data}}`);
    await untilDelivered(url, topic, 1);
    expect((await call(url, "GET", inbox(user))).text).toContain(`"data":${data}`);
  });

  it("of 64 KiB, and batches of more than one MiB", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const { socket } = await device(url, user, may([topic], "subscribe"));
    await subscribe(socket, topic, "latest");
    // With its id and source it has just the bytes that are allowed, in letters of three each.
    const frame = JSON.stringify({ id: "", source: "test", data: "" }).length - 2;
    const text = (id: string) => "€".repeat(Math.floor((65_536 - frame - id.length) / 3));
    const lists = many(4, (list) =>
      many(5, (i) => ({ id: `${list}-${i}`, data: text(`${list}-${i}`) })),
    );
    const answers = await Promise.all(
      lists.map((list) => call(url, "POST", messages(topic), list)),
    );
    for (const { json } of answers) expect(json).toMatchObject({ stored: 5, failed: 0 });
    await untilDelivered(url, topic, 20);
    const order = await call(url, "GET", messages(topic));
    const ids = order.json.messages.map(({ id }: { id: string }) => id);
    const { notifications } = (await call(url, "GET", inbox(user))).json;
    const kept = notifications.map(({ id, topic_offset: at, data }: Record<string, unknown>) => {
      expect(data).toBe(text(id as string));
      return [id, at];
    });
    expect(kept.reverse()).toEqual(ids.map((id: string, i: number) => [id, i + 1]));
    const view = new View();
    view.offset = 0;
    for (const step of stepsOf(await rest(socket), topic)) expect(view.apply(step)).toBe(true);
    expect(view.applied.map(({ id }) => id)).toEqual(ids);
    const tooLarge = { id: "large", data: `${text("large")}€` };
    const refused = await call(url, "POST", messages(topic), tooLarge);
    expectRefusal(refused, 413, "payload_too_large");
    socket.drop();
  });

  it("that claims to come from a topic", async () => {
    const [user, topic] = [fresh(), fresh()];
    for (const path of [inbox(user), messages(topic)])
      for (const [field, value] of [
        ["topic", "news"],
        ["topic_offset", 1],
        ["from", { topic: "news", offset: 1, expires: null }],
      ] as const) {
        const answer = await call(url, "POST", path, { type: "x", [field]: value });
        expectRefusal(answer, 422, "invalid_params", field);
      }
    await expectUntouched(url, inbox(user));
  });

  it("forged as a gap by a user is still that user's", async () => {
    const [victim, topic] = [fresh(), fresh()];
    await follow(url, victim, topic);
    const eve = bearer(await tokenOf("eve", allOf(topic)));
    const gap = { type: "belfry.gap", data: { topic, since: 0, to: 1_000_000 } };
    const claimed = await call(url, "POST", messages(topic), { ...gap, source: "belfry" }, eve);
    expectRefusal(claimed, 403, "insufficient_scope", "source");
    await call(url, "POST", messages(topic), gap, eve);
    const { offset } = await say(url, topic, "after");
    await untilDelivered(url, topic, offset);
    const { notifications } = (await call(url, "GET", inbox(victim))).json;
    // It moves nothing: what comes after it still comes, and it bears its publisher's name.
    expect(notifications).toMatchObject([
      { data: "after", topic_offset: 2 },
      { type: "belfry.gap", source: "user:eve", topic_offset: 1 },
    ]);
  });

  it("forged as the hub's own by a backend", async () => {
    const gap = { type: "belfry.gap", source: "belfry", data: {} };
    const answer = await call(url, "POST", messages(fresh()), gap, bearer(writer.key));
    expectRefusal(answer, 422, "invalid_params", "source");
  });
});
