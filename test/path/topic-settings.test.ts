// The settings of a topic: its retention, its access, and the hub's defaults for topics by their names.

import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import {
  expectRefusal,
  fresh,
  inbox,
  messages,
  raw,
  refusedSocket,
  UPGRADE,
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
  may,
  say,
  subscribe,
  topicPath,
  untilDelivered,
} from "../support/topic-requests.ts";

const hubs: Hub[] = [];
let url = "";
beforeAll(async () => {
  ({ url } = await start({}));
});
afterAll(() => Promise.all(hubs.map((hub) => hub.stop())));

async function start(vars: Record<string, string>): Promise<Hub> {
  const hub = await startHub(inject("bundle"), vars);
  hubs.push(hub);
  return hub;
}

const set = (topic: string, settings: unknown, at = url) =>
  call(at, "PUT", topicPath(topic), settings);
const get = async (topic: string, at = url) => (await call(at, "GET", topicPath(topic))).json;

it("[TOP6] [CUR7] a topic without settings has the hub's defaults, and reading them stores nothing", async () => {
  const topic = fresh();
  const asked = { topic, access: "token", messages_max: 1000, age_days: 7 };
  expect(await get(topic)).toEqual({ ...asked, cursor: "0:0", members: 0 });
  expect(await get(topic)).toMatchObject({ cursor: "0:0" });
});

it("[TOP6] settings are replaced as a whole, and an omitted one has the hub's default", async () => {
  const topic = fresh();
  const { status, json } = await set(topic, { access: "public", messages_max: 3, age_days: 0.5 });
  expect(status).toBe(200);
  expect(json).toMatchObject({ topic, access: "public", messages_max: 3, age_days: 0.5 });
  expect(await get(topic)).toEqual(json);
  const second = (await set(topic, { messages_max: 4 })).json;
  expect(second).toMatchObject({ access: "token", messages_max: 4, age_days: 7 });
  expect((await call(url, "PUT", topicPath(topic))).json).toMatchObject({ messages_max: 1000 });
});

it("[LOG7] a topic keeps as many messages as set, also when the setting comes late", async () => {
  const topic = fresh();
  await say(url, topic, 1, 2, 3, 4, 5);
  await set(topic, { messages_max: 2 });
  await say(url, topic, 6);
  await say(url, topic, 7);
  const { json } = await call(url, "GET", `${messages(topic)}?since=0:0`);
  expect([dataOf(json.messages), json.recovered]).toEqual([[6, 7], false]);
  expect(await get(topic)).toMatchObject({ cursor: expect.stringMatching(/:7$/) });
});

it("[TOP5] [FOL1] a topic that keeps one message delivers two hundred, published all at once", async () => {
  const [user, topic] = [fresh(), fresh()];
  await set(topic, { messages_max: 1 });
  await follow(url, user, topic);
  const lists = Array.from({ length: 10 }, (_, list) =>
    say(url, topic, ...Array.from({ length: 20 }, (_, i) => `${list}-${i}`)),
  );
  await Promise.all(lists);
  await untilDelivered(url, topic, 200);
  const places: number[] = [];
  for (let before = ""; ; ) {
    const { json } = await call(url, "GET", `${inbox(user)}?limit=100${before}`);
    for (const each of json.notifications) places.push(each.topic_offset);
    if (json.next === null) break;
    before = `&before=${json.next}`;
  }
  expect(places).toEqual(Array.from({ length: 200 }, (_, i) => 200 - i));
});

it("[LOG8] a shorter age removes older messages at once", async () => {
  const topic = fresh();
  await say(url, topic, "old");
  // A tenth of a millisecond: every message is older.
  await set(topic, { age_days: 1e-9 });
  expect((await call(url, "GET", messages(topic))).json.messages).toEqual([]);
  expectRefusal(await call(url, "GET", `${messages(topic)}/1`), 404, "not_found");
});

it("[TOP6] settings outlive the hub's process", async () => {
  const hub = await startHub(inject("bundle"));
  await set("t", { access: "public", messages_max: 9 }, hub.url);
  const back = await hub.restart();
  expect(await get("t", back.url)).toMatchObject({ access: "public", messages_max: 9 });
  await back.stop();
});

describe("the var TOPIC_DEFAULTS", () => {
  it("[TOP6] applies by the longest matching pattern, and the topic's own settings override it", async () => {
    const { url: at } = await start({
      TOPIC_MESSAGES_MAX: "50",
      TOPIC_DEFAULTS: JSON.stringify({
        "n*": { age_days: 3 },
        "news.*": { access: "public", messages_max: 10 },
        "news.private.*": { age_days: 1 },
        "news.private.shop": { access: "public" },
      }),
    });
    const found = async (topic: string) => {
      const { access, messages_max: most, age_days: days } = await get(topic, at);
      return [access, most, days];
    };
    expect(await found("other")).toEqual(["token", 50, 7]);
    expect(await found("news.a")).toEqual(["public", 10, 7]);
    expect(await found("news")).toEqual(["token", 50, 3]);
    expect(await found("news.private.a")).toEqual(["token", 50, 1]);
    expect(await found("news.private.shop")).toEqual(["public", 50, 7]);
    await set("news.a", { access: "token" }, at);
    expect(await found("news.a")).toEqual(["token", 10, 7]);
    await set("news.a", {}, at);
    expect(await found("news.a")).toEqual(["public", 10, 7]);
    await say(at, "news.a", ...Array.from({ length: 12 }, (_, i) => i));
    await say(at, "news.a", "last");
    const open = await raw(at, messages("news.a"));
    expect([open.status, open.json.messages.length]).toEqual([200, 10]);
    expectRefusal(await raw(at, messages("news.private.a")), 401, "unauthorized");
  });

  it.each([
    ["no JSON", "{"],
    ["a text", '"news.*"'],
    ["null", "null"],
    ["a setting that is none", '{"news.*":{"acces":"public"}}'],
    ["an access that is none", '{"news.*":{"access":"everyone"}}'],
    ["a negative number", '{"news.*":{"messages_max":-1}}'],
    ["a number as text", '{"news.*":{"age_days":"7"}}'],
    ["settings that are none", '{"news.*":"public"}'],
    ["a pattern that no name fits", '{"news.*.urgent":{"access":"public"}}'],
    ["a pattern out of the alphabet", '{"$sys":{"access":"public"}}'],
  ])(
    "[TOP6] that is %s is not_configured, and the fix shows how it is written",
    async (_, value) => {
      await expectFaulty(value);
    },
  );

  it.each([
    ["a list", "[]"],
    ["a number", "5"],
  ])("[TOP6] that is %s is not_configured too", async (_, value) => {
    await expectFaulty(value);
  });

  async function expectFaulty(value: string): Promise<void> {
    const hub = await startHub(inject("bundle"), { TOPIC_DEFAULTS: value });
    onTestFinished(() => hub.stop());
    for (const path of [topicPath("t"), messages("t"), "/v1/users/ada/notifications"]) {
      const answer = await call(hub.url, "GET", path);
      expectRefusal(answer, 503, "not_configured");
      expect(answer.json.fix).toMatch(/TOPIC_DEFAULTS .*"access":"public"/);
    }
    expect((await call(hub.url, "GET", "/v1/health")).status).toBe(200);
  }

  it("[TOP6] applies to all topics by the pattern `*`", async () => {
    const hub = await start({ TOPIC_DEFAULTS: '{"*":{"access":"public"}}' });
    expect(await get("t", hub.url)).toMatchObject({ access: "public" });
  });

  it("[TOP6] applies by a topic's own name before any pattern", async () => {
    const value = { "news.*": { messages_max: 1 }, "news.x": { messages_max: 2 } };
    const hub = await start({ TOPIC_DEFAULTS: JSON.stringify(value) });
    expect(await get("news.x", hub.url)).toMatchObject({ messages_max: 2 });
  });

  it("[TOP6] may name a topic `fix`", async () => {
    const hub = await start({ TOPIC_DEFAULTS: '{"fix":{"access":"public"}}' });
    expect(await get("fix", hub.url)).toMatchObject({ access: "public" });
  });
});

describe("a public topic", () => {
  async function open(...data: unknown[]) {
    const topic = fresh();
    await set(topic, { access: "public" });
    await say(url, topic, ...data);
    return { topic, path: `${topicPath(topic)}/connect` };
  }

  it("[TOP6] is read without a token, as a history and by offset", async () => {
    const { topic } = await open("one", "two");
    const page = await raw(url, messages(topic));
    expect([page.status, dataOf(page.json.messages)]).toEqual([200, ["one", "two"]]);
    expect((await raw(url, `${messages(topic)}/1`)).json).toMatchObject({ data: "one" });
    const other = bearer(await tokenOf("ada"));
    expect((await call(url, "GET", messages(topic), undefined, other)).status).toBe(200);
  });

  it("[TOP6] is connected to without a token, natively and as a browser does", async () => {
    const { topic, path } = await open("one");
    for (const protocols of [[], ["belfry.v1"]]) {
      const socket = new TestSocket(url, path, { protocols });
      expect(await socket.next()).toMatchObject({ type: "connected", topic, expires_in: null });
      expect((await socket.messages()).messages).toMatchObject([{ data: "one" }]);
      const page = await ask(socket, { type: "history", limit: 1 });
      expect(page).toMatchObject({ messages: [{ data: "one" }] });
      socket.drop();
    }
    const live = new TestSocket(url, `${path}?since=latest`);
    await live.nextOf("connected");
    await say(url, topic, "two");
    expect((await live.messages()).messages).toMatchObject([{ data: "two" }]);
    live.drop();
  });

  it("[TOP6] [SSE2] is streamed without a token, and resumed", async () => {
    const { topic, path } = await open("one");
    const first = await EventReader.open(url, path);
    expect(await first.next()).toMatchObject({ event: "connected" });
    const { id } = (await first.next()) ?? {};
    await first.close();
    const { cursor } = await say(url, topic, "two");
    const again = await EventReader.open(url, path, { "last-event-id": id as string });
    expect(await again.next()).toMatchObject({ data: { recovered: true } });
    expect(await again.next()).toMatchObject({ id: cursor, data: { messages: [{ data: "two" }] } });
    await again.close();
  });

  it("[SUB8] is subscribed to without the cap, by frame and with the connect", async () => {
    const { topic } = await open("one");
    const closed = fresh();
    const { socket } = await device(url, fresh(), {}, `since=latest&topics=${topic},${closed}`);
    const answers = await answersOf(socket, 2);
    expect(answers.get(topic)).toMatchObject({ type: "reply", id: null, offset: 1 });
    expect(answers.get(closed)).toMatchObject({ type: "error", code: "insufficient_scope" });
    expect(await subscribe(socket, topic, "latest")).toMatchObject({ type: "reply" });
    await say(url, topic, "two");
    expect(await socket.messages()).toMatchObject({ topic, messages: [{ data: "two" }] });
    socket.drop();
  });

  it.each([{ access: "token" }, {}])(
    "[TOP6] made private by %j closes the sockets without a token with 4501, and no others",
    async (settings) => {
      const { topic, path } = await open("one");
      const anyone = new TestSocket(url, `${path}?since=latest`);
      const token = await tokenOf("ada", may([topic], "subscribe"));
      const ada = new TestSocket(url, `${path}?since=latest`, { headers: bearer(token) });
      for (const socket of [anyone, ada]) await socket.nextOf("connected");
      // The runtime reads the client's close of an idle socket seconds late, unless the client has sent.
      anyone.send("ping");
      await anyone.nextOf("pong");
      const stream = await EventReader.open(url, `${path}?since=latest`);
      await stream.next();
      await set(topic, settings);
      expect(await anyone.next()).toMatchObject({
        type: "disconnect",
        code: 4501,
        reconnect: false,
      });
      expect(await anyone.next()).toMatchObject({ type: "closed", code: 4501 });
      expect(await stream.next()).toMatchObject({ event: "disconnect", data: { code: 4501 } });
      await stream.close();
      await say(url, topic, "two");
      expect((await ada.messages()).messages).toMatchObject([{ data: "two" }]);
      expectRefusal(await raw(url, messages(topic)), 401, "unauthorized");
      expectRefusal(await raw(url, path, { headers: UPGRADE }), 401, "unauthorized");
      const browser = new TestSocket(url, path, { protocols: ["belfry.v1"] });
      expect(await browser.next()).toMatchObject({ type: "error", code: "unauthorized" });
      expect(await browser.next()).toMatchObject({ type: "closed", code: 4500 });
      const other = await tokenOf("eve");
      expect(await refusedSocket(url, path, other)).toEqual({
        code: "insufficient_scope",
        close: 4501,
      });
      ada.drop();
    },
  );

  it("[TOP6] made private sends nothing more to a token without the cap", async () => {
    const { topic, path } = await open("one");
    const eve = new TestSocket(url, `${path}?since=latest`, {
      headers: bearer(await tokenOf("eve")),
    });
    await eve.nextOf("connected");
    await set(topic, { access: "token" });
    await say(url, topic, "secret");
    expect(await untilEnd(eve)).not.toContain("secret");
  });

  it("[SUB8] made private ends the subscription of a token without the cap", async () => {
    const { topic } = await open("one");
    const { socket } = await device(url, fresh(), {});
    await subscribe(socket, topic, "latest");
    await set(topic, { access: "token" });
    const { offset } = await say(url, topic, "secret");
    await untilDelivered(url, topic, offset);
    expect(await untilEnd(socket)).not.toContain("secret");
  });

  /** Returns the frames that still come, up to the answer to a frame or the close. */
  async function untilEnd(socket: TestSocket): Promise<unknown[]> {
    socket.send({ type: "history", id: "last", limit: 1 });
    const told: unknown[] = [];
    for (;;) {
      const arrived = await socket.next();
      if (arrived.type === "messages") told.push(...dataOf(arrived.messages));
      const isLast = arrived.type === "reply" && arrived.id === "last";
      if (isLast || arrived.type === "disconnect" || arrived.type === "closed") return told;
    }
  }
});
