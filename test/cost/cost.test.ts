// The bill of each use of a hub, counted, and docs/cost.md checked against it: a counter that grows fails
// here, and so does a figure there that differs from the count.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import page from "../../docs/cost.md?raw";
import { tokenOf } from "../support/backend.ts";
import { namedTopic, namedUser, untilDelivered } from "../support/member.ts";
import { drafts, ObjectSocket } from "../support/object.ts";
import { type Bill, billOf, request } from "../support/platform-bill.ts";

const MESSAGE = { notification: { title: "Build 118 passed" }, data: { build: 118 } };

/** Dollars for a million of each unit, beyond the included amount. */
const PRICES = { worker: 0.34, object: 0.15, frames: 0.15 / 20, written: 1, read: 0.001 };
/** Dollars for a million wakings of 10 ms each. */
const ACTIVE = 0.016;

async function open(user: string, path: string, caps = {}): Promise<ObjectSocket> {
  const token = await tokenOf(user, caps);
  const headers = {
    authorization: `Bearer ${token}`,
    upgrade: "websocket",
    "sec-websocket-protocol": "belfry.v1",
  };
  const response = await request("GET", path, undefined, headers);
  if (response.webSocket === null) throw new Error(await response.text());
  const socket = new ObjectSocket(response.webSocket);
  await socket.nextOf("connected");
  return socket;
}

async function ok(response: Promise<Response>): Promise<void> {
  const { status } = await response;
  if (status >= 300) throw new Error(`answered ${status}`);
}

afterEach(() => {
  vi.useRealTimers();
});

const inboxPath = (user: string) => `/v1/users/${user}/notifications`;
const topicPath = (topic: string) => `/v1/topics/${topic}/messages`;

/** A topic with so many followers, each with a message of it in the inbox already. */
async function followedBy(count: number) {
  const topic = namedTopic();
  for (let n = 0; n < count; n++) await namedUser().stub.follow(topic.name, "backend");
  await topic.stub.publish(drafts(1));
  await untilDelivered(topic, 1);
  return topic;
}

const NOTHING: Bill = { worker: 0, object: 0, frames: 0, written: 0, read: 0 };

/** The cost of one more of `per`, as the difference of two counts. */
function each(few: Bill, many: Bill, per: number): Bill {
  const keys = Object.keys(few) as (keyof Bill)[];
  return Object.fromEntries(keys.map((key) => [key, (many[key] - few[key]) / per])) as never;
}

/** Each row of the table in docs/cost.md, by its name there. */
const SHAPES: Record<string, () => Promise<Bill>> = {
  "a notification to a user who is connected": async () => {
    const { name } = namedUser();
    await ok(request("POST", inboxPath(name), MESSAGE));
    const socket = await open(name, "/v1/connect?since=latest");
    return billOf(async () => {
      await ok(request("POST", inboxPath(name), MESSAGE));
      await socket.messages();
    });
  },
  "the same with an `id`, safe to repeat": async () => {
    const { name } = namedUser();
    await ok(request("POST", inboxPath(name), { ...MESSAGE, id: "first" }));
    return billOf(() => ok(request("POST", inboxPath(name), { ...MESSAGE, id: "second" })));
  },
  "a notification to a user who is away": async () => {
    const { name, stub } = namedUser();
    await ok(request("POST", inboxPath(name), MESSAGE));
    await evictDurableObject(stub);
    return billOf(() => ok(request("POST", inboxPath(name), MESSAGE)));
  },
  "the first notification of a user": () =>
    billOf(() => ok(request("POST", inboxPath(namedUser().name), MESSAGE))),
  "one of 100 users in one request": async () => {
    const users = Array.from({ length: 100 }, namedUser);
    const to = users.map(({ name }) => `user:${name}`);
    await ok(request("POST", "/v1/publish", { ...MESSAGE, to }));
    const bill = await billOf(() => ok(request("POST", "/v1/publish", { ...MESSAGE, to })));
    return each(NOTHING, bill, 100);
  },
  "a live message (`ttl: 0`)": async () => {
    const { name } = namedUser();
    await ok(request("POST", inboxPath(name), MESSAGE));
    return billOf(() => ok(request("POST", inboxPath(name), { ...MESSAGE, ttl: 0 })));
  },
  "a message to a topic that sockets watch": async () => {
    const { name } = namedTopic();
    await ok(request("POST", topicPath(name), MESSAGE));
    const caps = { "topic:*": ["subscribe"] };
    const sockets = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        open(`u${n}`, `/v1/topics/${name}/connect?since=latest`, caps),
      ),
    );
    return billOf(async () => {
      await ok(request("POST", topicPath(name), MESSAGE));
      for (const socket of sockets) await socket.messages();
    });
  },
  "a message to a topic with followers": async () => {
    const [few, many] = [await followed(4), await followed(8)];
    const follower = each(few, many, 4);
    return minus(few, follower, 4);
  },
  "the guard of its delivery, once in 30 s": async () => {
    const now = Date.parse("2030-01-01T00:00:00Z");
    vi.useFakeTimers({ now, toFake: ["Date"] });
    const topic = await followedBy(4);
    vi.setSystemTime(now + 60_000);
    await runDurableObjectAlarm(topic.stub);
    await evictDurableObject(topic.stub);
    const guarded = await billOf(async () => {
      await ok(request("POST", topicPath(topic.name), MESSAGE));
      await untilDelivered(topic, 2);
      vi.setSystemTime(now + 120_000);
      await runDurableObjectAlarm(topic.stub);
    });
    vi.useRealTimers();
    return each(await followed(4), guarded, 1);
  },
  "a message to a topic, for each follower": async () =>
    each(await followed(4), await followed(8), 4),
  "one of 100 published at once, a follower": async () => {
    const follower = each(await followed(2, 100), await followed(4, 100), 2);
    return each(NOTHING, follower, 100);
  },
  "a message to a topic, for each subscriber": async () =>
    each(await subscribed(2), await subscribed(4), 2),
  "reading all by a frame": async () => {
    const { name } = namedUser();
    await ok(request("POST", inboxPath(name), MESSAGE));
    const socket = await open(name, "/v1/connect");
    const { epoch, to } = await socket.messages();
    return billOf(async () => {
      socket.send({ type: "read", id: 1, epoch, up_to: to });
      await socket.nextOf("reply");
    });
  },
  "a connect that has missed nothing": async () => {
    const { name, stub } = namedUser();
    await ok(request("POST", inboxPath(name), MESSAGE));
    const first = await open(name, "/v1/connect");
    const { epoch, to } = await first.messages();
    await evictDurableObject(stub);
    return billOf(() => open(name, `/v1/connect?since=${epoch}:${to}`));
  },
  "subscribing to a topic with the connect": async () => {
    const { name } = namedUser();
    const topic = namedTopic();
    await topic.stub.publish(drafts(1));
    const caps = { "topic:*": ["subscribe"] };
    const first = await open(name, `/v1/connect?since=latest&topics=${topic.name}~latest`, caps);
    await first.nextOf("reply");
    const bare = await billOf(() => open(name, "/v1/connect?since=latest", caps));
    const full = await billOf(async () => {
      const path = `/v1/connect?since=latest&topics=${topic.name}~latest`;
      await (await open(name, path, caps)).nextOf("reply");
    });
    return each(bare, full, 1);
  },
};

async function followed(users: number, messages = 1): Promise<Bill> {
  const topic = await followedBy(users);
  const body = messages === 1 ? MESSAGE : Array.from({ length: messages }, () => MESSAGE);
  await evictDurableObject(topic.stub);
  return billOf(async () => {
    await ok(request("POST", topicPath(topic.name), body));
    await untilDelivered(topic, 1 + messages);
  });
}

async function subscribed(users: number): Promise<Bill> {
  const topic = namedTopic();
  const caps = { "topic:*": ["subscribe"] };
  const sockets = await Promise.all(
    Array.from({ length: users }, () =>
      open(namedUser().name, `/v1/connect?since=latest&topics=${topic.name}~latest`, caps),
    ),
  );
  for (const socket of sockets) await socket.nextOf("reply");
  await topic.stub.publish(drafts(1));
  for (const socket of sockets) await socket.messages();
  return billOf(async () => {
    await ok(request("POST", topicPath(topic.name), MESSAGE));
    for (const socket of sockets) await socket.messages();
  });
}

function minus(all: Bill, part: Bill, times: number): Bill {
  const keys = Object.keys(all) as (keyof Bill)[];
  return Object.fromEntries(keys.map((key) => [key, all[key] - times * part[key]])) as never;
}

/** Dollars for a million: the units, and 10 ms of being awake for each request of an object. */
function dollars(bill: Bill): number {
  const units = (Object.keys(PRICES) as (keyof Bill)[]).map((key) => bill[key] * PRICES[key]);
  return units.reduce((sum, each) => sum + each, 0) + bill.object * ACTIVE;
}

const number = (value: number) => String(Number(value.toFixed(3)));

function rowOf(name: string, bill: Bill): string[] {
  const { worker, object, frames, written, read } = bill;
  const units = [worker, object, frames, written, read].map(number);
  return [name, ...units, dollars(bill).toPrecision(3)];
}

const printed = page
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it.each(Object.keys(SHAPES))("%s costs what docs/cost.md says", async (name) => {
  const bill = await SHAPES[name]?.();
  expect(printed.find(([shape]) => shape === name)).toEqual(rowOf(name, bill as Bill));
});

it("docs/cost.md has a row for each of these, and for nothing else", () => {
  const start = printed.findIndex(([shape]) => shape?.startsWith("for one"));
  const shapes = printed.slice(start + 2).map(([shape]) => shape);
  expect(shapes.slice(0, Object.keys(SHAPES).length)).toEqual(Object.keys(SHAPES));
});
