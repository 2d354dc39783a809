// Attempts of users at topics beyond their token, one test for each attack: the exact refusal, nothing
// changed, and nobody else is disturbed.

import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { Caps } from "../../src/protocol/caps.ts";
import {
  allOf,
  expectRefusal,
  expectUntouched,
  fresh,
  many,
  messages,
  offer,
  raw,
  refusedSocket,
} from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { TestSocket } from "../support/socket.ts";
import {
  ask,
  device,
  expectFollows,
  expectUnknown,
  follow,
  followersOf,
  followPath,
  followsOf,
  may,
  rest,
  say,
  subscribe,
  topicPath,
  untilDelivered,
} from "../support/topic-requests.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

const put = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(url, "PUT", path, body, headers);

describe("a user", () => {
  it("follows without the cap, or with a cap for another topic", async () => {
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
      expectRefusal(answer, 403, "insufficient_scope", "topic");
      const { socket } = await device(url, user, each);
      expect(await ask(socket, { type: "follow", topic })).toMatchObject({
        ...{ type: "error", code: "insufficient_scope", field: "topic" },
      });
      socket.drop();
    }
    await expectFollows(url, user);
    await expectUnknown(url, topic);
  });

  it("follows for another user, ends another's follow, or lists it", async () => {
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
    // The hub ignores a user named in a frame, and takes the socket's own.
    await ask(socket, { type: "follow", topic, user: victim });
    await ask(socket, { type: "unfollow", topic, user: victim });
    await expectFollows(url, eve);
    await expectFollows(url, victim, topic);
    socket.drop();
  });

  it("subscribes without the cap", async () => {
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

  it("with a revoked token follows, lists and subscribes nothing", async () => {
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
    await expectFollows(url, user);
    await expectUnknown(url, topic);
    socket.drop();
  });

  it("follows and subscribes after a close", async () => {
    const [user, topic] = [fresh(), fresh()];
    const token = await tokenOf(user, may([topic], "follow", "subscribe"));
    const socket = new TestSocket(url, "/v1/connect?since=latest", { protocols: offer(token) });
    const tcp = new Promise<Socket>((resolve) =>
      socket.ws.on("upgrade", (response) => resolve(response.socket)),
    );
    await socket.nextOf("connected");
    // A mask of zeros leaves the payload unchanged.
    const frameOf = (opcode: number, payload: Buffer) =>
      Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    const late = ["follow", "subscribe"].map((type) =>
      frameOf(1, Buffer.from(JSON.stringify({ type, topic }))),
    );
    (await tcp).write(Buffer.concat([frameOf(8, Buffer.from([0x03, 0xe8])), ...late]));
    expect(await socket.next()).toMatchObject({ type: "closed", code: 1000 });
    await expectFollows(url, user);
    await expectUnknown(url, topic);
  });

  it("without a token watches a public topic, but publishes, refreshes and subscribes nothing", async () => {
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

  it("without valid credentials, at a topic that is not public", async () => {
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
