// A caller without a credential wakes a topic only where the hub's vars or the isolate's memory say that it
// may be public.

import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { PublicTopics } from "../../src/edge/public-topics.ts";
import type { Env } from "../../src/objects/env.ts";
import hub from "../../src/worker.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { billOf, request } from "../support/platform-bill.ts";

const stream = { accept: "text/event-stream" };
const DOORS = [
  { what: "a history", path: "/messages", headers: {} },
  { what: "a message", path: "/messages/1", headers: {} },
  { what: "a socket", path: "/connect", headers: { upgrade: "websocket" } },
  { what: "an event stream", path: "/connect", headers: stream },
];

const freshTopic = () => `t-${crypto.randomUUID()}`;
const pathOf = (topic: string, path = "/messages") => `/v1/topics/${topic}${path}`;

async function ask(path: string, headers: Record<string, string> = {}): Promise<number> {
  const own = (exports as unknown as { default: Fetcher }).default;
  const response = await own.fetch(`https://hub.example${path}`, { headers });
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.body?.cancel();
  return response.status;
}

describe.each(DOORS)("$what without a credential", ({ path, headers }) => {
  it("[CON15] is refused for fifty random topics, and wakes none of them", async () => {
    const statuses: number[] = [];
    const bill = await billOf(async () => {
      for (let i = 0; i < 50; i++) statuses.push(await ask(pathOf(freshTopic(), path), headers));
    });
    expect(statuses).toEqual(Array.from({ length: 50 }, () => 401));
    expect([bill.object, bill.written]).toEqual([0, 0]);
  });

  it("[CON15] [TOP8] reaches a topic that the isolate has set public, until it is set back", async () => {
    const topic = freshTopic();
    await request("PUT", pathOf(topic, ""), { access: "public" });
    expect([200, 101, 404]).toContain(await ask(pathOf(topic, path), headers));
    await request("PUT", pathOf(topic, ""), {});
    const bill = await billOf(() => ask(pathOf(topic, path), headers));
    expect(bill.object).toBe(0);
  });

  it("[TOP8] reaches each topic of a pattern of TOPIC_DEFAULTS that makes it public", async () => {
    const TOPIC_DEFAULTS = '{"news.*":{"access":"public"},"news.staff.*":{"access":"token"}}';
    const asked: string[] = [];
    const TOPIC = {
      getByName: (name: string) => {
        asked.push(name);
        throw Object.assign(new Error("asked"), { overloaded: true });
      },
    };
    const vars = { ...(env as unknown as Env), TOPIC, TOPIC_DEFAULTS } as unknown as Env;
    const statusOf = async (topic: string) =>
      (await hub.fetch(new Request(`https://hub.example${pathOf(topic, path)}`, { headers }), vars))
        .status;
    expect(await statusOf("news.a")).toBe(503);
    expect(await statusOf("news.staff.a")).toBe(401);
    expect(await statusOf("new")).toBe(401);
    expect(asked).toEqual(["v1/-/topic/news.a"]);
  });
});

describe("an isolate", () => {
  /** Returns a public topic that this isolate does not know to be public. */
  async function forgotten(): Promise<string> {
    const topic = freshTopic();
    await (env as unknown as Env).TOPIC.getByName(`v1/-/topic/${topic}`).set({ access: "public" });
    expect(await ask(pathOf(topic))).toBe(401);
    return topic;
  }

  it("[TOP8] learns that a topic is public when a backend asks for its settings", async () => {
    const topic = await forgotten();
    await request("GET", pathOf(topic, ""));
    expect(await ask(pathOf(topic))).toBe(200);
  });

  it.each(DOORS)(
    "[TOP8] learns it from $what with a token without the cap",
    async ({ path, headers }) => {
      const topic = await forgotten();
      await ask(pathOf(topic, path), { ...headers, ...bearer(await tokenOf("ada")) });
      expect(await ask(pathOf(topic))).toBe(200);
    },
  );

  it("[TOP8] learns nothing from the refusal of a topic, or from a token with the cap", async () => {
    const topic = freshTopic();
    for (const caps of [{}, { "topic:*": ["subscribe" as const] }]) {
      await ask(pathOf(topic), bearer(await tokenOf("ada", caps)));
      expect(await ask(pathOf(topic))).toBe(401);
    }
  });
});

describe("the memory of public topics", () => {
  it("[TOP8] holds a topic for 60 s from the last time, and not when it is no longer public", () => {
    const topics = new PublicTopics();
    topics.learn("a", true, 0);
    expect([topics.has("a", 59_999), topics.has("a", 60_000), topics.has("b", 0)]).toEqual([
      ...[true, false, false],
    ]);
    topics.learn("a", true, 59_999);
    expect(topics.has("a", 119_998)).toBe(true);
    topics.learn("a", false, 60_000);
    expect(topics.has("a", 60_000)).toBe(false);
  });

  it("[TOP8] holds at most 1,000 names: the one seen longest ago goes", () => {
    const topics = new PublicTopics();
    for (let i = 0; i < 1_000; i++) topics.learn(`t${i}`, true, 0);
    topics.learn("t0", true, 1);
    topics.learn("one more", true, 1);
    expect(["t0", "t1", "t2", "one more"].map((name) => topics.has(name, 1))).toEqual([
      ...[true, false, true, true],
    ]);
  });
});
