// Hostile frames that subscribe and follow, one test for each attack: the exact refusal, nothing
// changed, and the connection stays open.

import { describe, expect, it } from "vitest";
import type { Caps } from "../../src/protocol/caps.ts";
import { byRefusal, fresh, many } from "../support/attack.ts";
import { call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import type { TestSocket } from "../support/socket.ts";
import {
  answersOf,
  ask,
  device,
  expectFollows,
  follow,
  followersOf,
  followPath,
  followsOf,
  keptOf,
  may,
  rest,
  say,
  subscribe,
  untilDelivered,
} from "../support/topic-requests.ts";

let url = "";
hubForAll((started) => {
  url = started;
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
    await expectFollows(url, user);
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
    // The last frame subscribed, so the next message arrives once.
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
    // The user's and the topic's side must agree on the result of the last accepted frame.
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

  /** Returns caps of nearly 4 KiB that allow subscribing to every topic. */
  function wide(): Caps {
    const caps: Caps = { "topic:*": ["subscribe"] };
    for (let i = 0; JSON.stringify(caps).length < 3_900; i++)
      caps[`topic:${"p".repeat(100)}${i}`] = [...actions];
    return caps;
  }

  /** Expects that the connection still answers, and that each of its topics still reaches it. */
  async function expectAlive(socket: TestSocket, topics: string[]): Promise<void> {
    await rest(socket);
    for (const topic of topics) {
      const { offset } = await say(url, topic, "x");
      expect(await untilDelivered(url, topic, offset)).toMatchObject({ behind: 0 });
    }
    const told = (await rest(socket)).map((each) => ("topic" in each ? each.topic : null));
    expect(told).toEqual(topics);
  }

  it("by frames: a topic without room is refused, and the others still work", async () => {
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

  it("by a connect: each of 100 long names is answered, and the accepted topics deliver", async () => {
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
    // A refused topic delays nobody, not even the user's follow of it.
    const { offset } = await say(url, last, "x");
    expect(await untilDelivered(url, last, offset)).toMatchObject({ behind: 0 });
    expect(await keptOf(url, user, last)).toHaveLength(1);
    socket.drop();
  });

  it("by a refresh with wide caps, after 100 long names: the connection stays open", async () => {
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
