// Topics over the user's own connection, through a whole hub: by frame and with the connect, live and
// resumed, on several devices at once.

import { describe, expect, it } from "vitest";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import { fresh, inbox, many, messages } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { TestSocket } from "../support/socket.ts";
import {
  answersOf,
  ask,
  dataOf,
  device,
  follow,
  may,
  rest,
  say,
  stepsOf,
  subscribe,
  topicPath,
  untilDelivered,
} from "../support/topic-requests.ts";
import { View } from "../support/view.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

it("[SUB1] [TOP3] a subscription sends its start and a snapshot, then each step, until it ends", async () => {
  const topic = fresh();
  const { epoch } = await say(url, topic, 1, 2);
  const { socket } = await device(url, fresh(), may([topic], "subscribe"));
  expect(await subscribe(socket, topic)).toEqual({
    ...{ type: "reply", id: expect.any(String), topic },
    ...{ epoch, offset: 2, recovered: true, oldest: 1 },
  });
  expect(await socket.next()).toMatchObject({
    ...{ type: "messages", topic, epoch, since: null, to: 2, snapshot: true, oldest: 1 },
    messages: [{ offset: 1, data: 1 }, { offset: 2 }],
  });
  await say(url, topic, 3);
  const live = await socket.messages();
  expect(live).toMatchObject({ topic, since: 2, to: 3, messages: [{ data: 3, source: "test" }] });
  expect([live.counts, live.messages[0]?.seen_at]).toEqual([undefined, undefined]);
  for (const changed of [true, false])
    expect(await ask(socket, { type: "unsubscribe", topic })).toMatchObject({ topic, changed });
  const { offset } = await say(url, topic, 4);
  await untilDelivered(url, topic, offset);
  expect(await rest(socket)).toEqual([]);
  socket.drop();
});

it("[SUB1] [CUR1] an empty topic has a snapshot, too, and then sends its first message", async () => {
  const topic = fresh();
  const { socket } = await device(url, fresh(), may([topic], "subscribe"));
  expect(await subscribe(socket, topic)).toMatchObject({ offset: 0, recovered: true });
  expect(await socket.messages()).toMatchObject({ since: null, to: 0, messages: [] });
  await say(url, topic, 1);
  expect(await socket.messages()).toMatchObject({ since: 0, to: 1, messages: [{ data: 1 }] });
  socket.drop();
});

describe("[SUB2] a subscription begins", () => {
  async function begun(since: (at: { epoch: string; time: string }) => string) {
    const topic = fresh();
    const { epoch } = await say(url, topic, 1);
    const { json } = await call(url, "GET", `${messages(topic)}/1`);
    // Wait until a time lies between the two messages.
    const time = new Date(Date.parse(json.time) + 1);
    while (Date.now() <= time.getTime()) await call(url, "GET", "/v1/health");
    await say(url, topic, 2, 3);
    const { socket } = await device(url, fresh(), may([topic], "subscribe"));
    const reply = await subscribe(socket, topic, since({ epoch, time: time.toISOString() }));
    const steps = stepsOf(await rest(socket), topic);
    socket.drop();
    return { reply, steps };
  }

  it("after a cursor, with the missed messages as one step", async () => {
    const { reply, steps } = await begun(({ epoch }) => `${epoch}:1`);
    expect(reply).toMatchObject({ offset: 3, recovered: true });
    expect(steps).toMatchObject([{ since: 1, to: 3, messages: [{ data: 2 }, { data: 3 }] }]);
  });

  it("at the head, with nothing", async () => {
    const { reply, steps } = await begun(({ epoch }) => `${epoch}:3`);
    expect([reply, steps]).toMatchObject([{ offset: 3, recovered: true }, []]);
  });

  it("with `latest`, with nothing", async () => {
    const { reply, steps } = await begun(() => "latest");
    expect([reply, steps]).toMatchObject([{ offset: 3, recovered: true }, []]);
  });

  it("at the beginning of a log that was empty", async () => {
    const { reply, steps } = await begun(() => "0:0");
    expect(reply).toMatchObject({ recovered: true });
    expect(steps).toMatchObject([{ since: 0, to: 3, messages: [{}, {}, {}] }]);
  });

  it("at a time, with the messages kept since then as a snapshot", async () => {
    const { reply, steps } = await begun(({ time }) => time);
    expect(reply).toMatchObject({ offset: 3, recovered: true });
    const [step] = steps;
    expect(step).toMatchObject({ since: null, snapshot: true, to: 3 });
    expect(dataOf((step as MessagesFrame).messages)).toEqual([2, 3]);
  });

  it("a duration ago, likewise", async () => {
    const { steps } = await begun(() => "1h");
    expect(steps).toMatchObject([{ since: null, snapshot: true, messages: [{}, {}, {}] }]);
  });

  it("after a cursor that cannot be continued, with a snapshot that says so", async () => {
    for (const since of ["foreign:2", "0:1"]) {
      const { reply, steps } = await begun(() => since);
      expect(reply).toMatchObject({ offset: 3, recovered: false });
      expect(steps).toMatchObject([{ since: null, snapshot: true, messages: [{}, {}, {}] }]);
    }
  });
});

it("[SUB4] subscribing again resumes from the new `since`, and sends each step once afterwards", async () => {
  const topic = fresh();
  const { epoch } = await say(url, topic, 1, 2, 3);
  const { socket } = await device(url, fresh(), may([topic], "subscribe"));
  await subscribe(socket, topic, "latest");
  for (const since of [1, 2]) {
    expect(await subscribe(socket, topic, `${epoch}:${since}`)).toMatchObject({ offset: 3 });
    expect(await socket.messages()).toMatchObject({ since, to: 3 });
  }
  const { offset } = await say(url, topic, 4);
  await untilDelivered(url, topic, offset);
  expect(stepsOf(await rest(socket), topic)).toMatchObject([{ since: 3, to: 4 }]);
  socket.drop();
});

it("[SUB5] a connect names topics, each with a `since` of its own, and each is answered", async () => {
  const user = fresh();
  const [at, latest, whole, recent, forbidden] = many(5, fresh) as [
    string,
    ...string[],
  ] as string[];
  const topics = [at, latest, whole, recent] as string[];
  for (const topic of topics) await say(url, topic, 1, 2);
  const { epoch } = await say(url, at as string, 3);
  await call(url, "POST", inbox(user), { data: "own" });
  const query = `topics=${at}~${epoch}:2,${latest}~latest,${whole},${recent}~1h,${forbidden}`;
  const { socket } = await device(url, user, may(topics, "subscribe"), query);
  expect(await socket.next()).toMatchObject({ snapshot: true, messages: [{ data: "own" }] });
  const answers = await answersOf(socket, 5);
  for (const topic of topics)
    expect(answers.get(topic)).toMatchObject({ type: "reply", id: null, recovered: true });
  expect(answers.get(forbidden as string)).toMatchObject({
    ...{ type: "error", id: null, code: "insufficient_scope", temporary: false },
  });
  await rest(socket);
  const came = socket.arrived.slice(2);
  expect(stepsOf(came, at as string)).toMatchObject([{ since: 2, to: 3, messages: [{ data: 3 }] }]);
  expect(stepsOf(came, latest as string)).toEqual([]);
  for (const topic of [whole, recent] as string[])
    expect(stepsOf(came, topic)).toMatchObject([{ since: null, messages: [{}, {}] }]);
  for (const topic of topics) await say(url, topic, "live");
  const told = new Set<string | undefined>();
  while (told.size < 4) {
    const step = await socket.messages();
    expect(step.messages).toMatchObject([{ data: "live" }]);
    told.add(step.topic);
  }
  socket.drop();
});

it("[SUB3] [CUR8] messages published during the subscribe come once, in order, after the replay", async () => {
  const topic = fresh();
  await say(url, topic, 0);
  const user = fresh();
  const { socket } = await device(url, user, may([topic], "subscribe"));
  const publishing = (async () => {
    for (let n = 1; n <= 30; n++) await say(url, topic, n);
  })();
  // Each of ten new subscribes could overtake or repeat messages on their way.
  for (let time = 0; time < 10; time++) {
    const at = socket.arrived.length;
    const reply = await subscribe(socket, topic, "0:0");
    expect(reply).toMatchObject({ recovered: true });
    const view = new View();
    view.offset = 0;
    const offset = (reply as { offset?: number }).offset ?? 0;
    while ((view.offset ?? 0) < offset) expect(view.apply(await socket.messages())).toBe(true);
    expect(dataOf(view.applied)).toEqual(many(offset, (i) => i));
    const before = socket.arrived.slice(at, socket.arrived.indexOf(reply));
    for (const step of stepsOf(before, topic)) expect(step.since).not.toBe(0);
  }
  await publishing;
  socket.drop();
});

it("[SUB7] a connection has at most 100 topics, and room again after an unsubscribe", async () => {
  const topics = many(100, fresh);
  const { socket } = await device(
    url,
    fresh(),
    { "topic:*": ["subscribe"] },
    `since=latest&topics=${topics.map((topic) => `${topic}~latest`).join(",")}`,
  );
  const answers = await answersOf(socket, 100);
  expect(new Set([...answers.values()].map(({ type }) => type))).toEqual(new Set(["reply"]));
  const more = fresh();
  expect(await subscribe(socket, more)).toMatchObject({
    ...{ type: "error", code: "connection_limit", field: "topic" },
  });
  // Subscribing to the same topic again takes no more room.
  const [first = ""] = topics;
  expect(await subscribe(socket, first, "latest")).toMatchObject({ type: "reply" });
  await ask(socket, { type: "unsubscribe", topic: first });
  expect(await subscribe(socket, more, "latest")).toMatchObject({ type: "reply" });
  await say(url, more, "x");
  expect(await socket.messages()).toMatchObject({ topic: more });
  socket.drop();
});

it("[SUB8] without the cap it is refused, and a refresh ends the topics that the new token forbids", async () => {
  const [user, kept, lost, open] = many(4, fresh) as [string, string, string, string];
  await call(url, "PUT", topicPath(open), { access: "public" });
  const { socket } = await device(url, user, may([kept, lost], "subscribe"));
  const other = fresh();
  expect(await subscribe(socket, other)).toMatchObject({
    ...{ type: "error", code: "insufficient_scope", field: "topic" },
  });
  expect((await call(url, "GET", topicPath(other))).json.members).toBe(0);
  for (const topic of [kept, lost, open]) await subscribe(socket, topic, "latest");
  const token = await tokenOf(user, may([kept], "subscribe"));
  const from = socket.arrived.length;
  expect(await ask(socket, { type: "refresh", token })).toMatchObject({
    expires_in: expect.closeTo(3600, -1),
  });
  const ended = socket.arrived.slice(from).filter(({ type }) => type === "error");
  expect(ended).toMatchObject([{ id: null, code: "insufficient_scope", topic: lost }]);
  for (const topic of [lost, kept, open]) {
    const { offset } = await say(url, topic, "x");
    await untilDelivered(url, topic, offset);
  }
  const told = (await rest(socket)).map((each) => ("topic" in each ? each.topic : null));
  expect(told).toEqual([kept, open]);
  socket.drop();
});

it("[SUB1] [LOG10] a message with ttl 0 reaches the subscribers, and moves no cursor", async () => {
  const topic = fresh();
  const { socket } = await device(url, fresh(), may([topic], "subscribe"));
  await say(url, topic, 1);
  await subscribe(socket, topic, "latest");
  await call(url, "POST", messages(topic), { data: "now", ttl: 0 });
  const step = await socket.messages();
  expect(step).toMatchObject({ topic, since: 1, to: 1, messages: [{ offset: null, data: "now" }] });
  await say(url, topic, 2);
  expect(await socket.messages()).toMatchObject({ since: 1, to: 2 });
  socket.drop();
});

it("[SUB1] [FOL1] a follower that subscribes gets a message both ways, each with its own cursor", async () => {
  const [user, topic] = [fresh(), fresh()];
  await follow(url, user, topic);
  const { socket } = await device(url, user, may([topic], "subscribe"));
  await subscribe(socket, topic, "latest");
  const { offset } = await say(url, topic, "x");
  expect(await untilDelivered(url, topic, offset)).toMatchObject({ members: 1 });
  const told = await rest(socket);
  expect(stepsOf(told, topic)).toMatchObject([{ to: 1, messages: [{ data: "x" }] }]);
  expect(stepsOf(told, null)).toMatchObject([{ to: 1, messages: [{ topic, topic_offset: 1 }] }]);
  socket.drop();
});

it("[TOP1] [SUB1] a user publishes to a topic over the connection on which it is watched", async () => {
  const [user, topic] = [fresh(), fresh()];
  const { socket } = await device(url, user, may([topic], "subscribe", "publish"));
  await subscribe(socket, topic, "latest");
  await ask(socket, { type: "publish", topic, message: { data: "mine" } });
  await untilDelivered(url, topic, 1);
  await rest(socket);
  const steps = stepsOf(socket.arrived, topic);
  expect(steps).toMatchObject([{ messages: [{ data: "mine", source: `user:${user}` }] }]);
  socket.drop();
});

/** A device that applies the frames of its inbox and of two topics by the protocol's rules. */
class Device {
  readonly views: Map<string | null, View>;
  readonly #user: string;
  readonly #topics: string[];
  socket: TestSocket | null = null;

  constructor(user: string, topics: string[]) {
    this.#user = user;
    this.#topics = topics;
    this.views = new Map([null, ...topics].map((topic) => [topic, new View()]));
  }

  async connect(): Promise<void> {
    const since = this.views.get(null)?.cursor ?? "0:0";
    const topics = this.#topics.map(
      (topic) => `${topic}~${this.views.get(topic)?.cursor ?? "0:0"}`,
    );
    for (const view of this.views.values()) view.offset ??= 0;
    const query = `since=${since}&topics=${topics.join(",")}`;
    const caps = may(this.#topics, "subscribe");
    this.socket = (await device(url, this.#user, caps, query)).socket;
    const answers = await answersOf(this.socket, this.#topics.length);
    for (const answer of answers.values()) expect(answer).toMatchObject({ recovered: true });
    await rest(this.socket);
    for (const step of this.socket.arrived) this.#apply(step);
  }

  /** Applies all frames so far: each step must continue from the cursor. */
  async settle(): Promise<void> {
    if (this.socket === null) return;
    for (const arrived of await rest(this.socket)) this.#apply(arrived);
  }

  #apply(arrived: { type: string }): void {
    if (arrived.type !== "messages") return;
    const step = arrived as MessagesFrame;
    expect(this.views.get(step.topic ?? null)?.apply(step)).toBe(true);
  }

  drop(): void {
    this.socket?.drop();
    this.socket = null;
  }

  held(topic: string | null): unknown[] {
    return dataOf(this.views.get(topic)?.applied ?? []);
  }
}

it("[SUB5] [SUB3] two devices of one user have each step once, and one that was away is brought up to date", async () => {
  const [user, first, second] = many(3, fresh) as [string, string, string];
  const devices = [new Device(user, [first, second]), new Device(user, [first, second])] as const;
  const [phone, laptop] = devices;
  for (const each of devices) await each.connect();
  const round = async (n: number) => {
    await call(url, "POST", inbox(user), { data: n });
    for (const topic of [first, second])
      await untilDelivered(url, topic, (await say(url, topic, n)).offset);
    for (const each of devices) await each.settle();
  };
  await round(1);
  // Both devices share one membership.
  expect((await call(url, "GET", topicPath(first))).json.members).toBe(1);
  phone.drop();
  await round(2);
  await round(3);
  await phone.connect();
  await round(4);
  laptop.drop();
  await round(5);
  await laptop.connect();
  for (const each of devices)
    for (const topic of [null, first, second]) expect(each.held(topic)).toEqual([1, 2, 3, 4, 5]);
  for (const each of devices) each.drop();
});

it("[SUB5] a device that was away while nobody watched is brought up to date by its cursors", async () => {
  const [user, first, second] = many(3, fresh) as [string, string, string];
  const phone = new Device(user, [first, second]);
  await phone.connect();
  await untilDelivered(url, first, (await say(url, first, 1)).offset);
  await phone.settle();
  const socket = phone.socket as TestSocket;
  socket.ws.close();
  await socket.nextOf("closed");
  // No device is connected: the topic drops the membership.
  for (const n of [2, 3]) await untilDelivered(url, first, (await say(url, first, n)).offset);
  expect((await call(url, "GET", topicPath(first))).json.members).toBe(0);
  await phone.connect();
  await untilDelivered(url, first, (await say(url, first, 4)).offset);
  await phone.settle();
  expect(phone.held(first)).toEqual([1, 2, 3, 4]);
  phone.drop();
});

describe("[TOP7] a message that excludes a connection", () => {
  const exclude = (connection: string, data: string) => ({ data, exclude: connection });

  /** Opens two sockets of a kind; `connection` is the first one's. */
  async function sockets(topic: string, kind: "direct" | "subscribed") {
    const caps = may([topic], "subscribe", "publish");
    const open = async () => {
      if (kind === "subscribed") {
        const { socket, connection } = await device(url, "ada", caps);
        await subscribe(socket, topic, "latest");
        return { socket, connection };
      }
      const headers = bearer(await tokenOf("ada", caps));
      const socket = new TestSocket(url, `${topicPath(topic)}/connect?since=latest`, { headers });
      return { socket, connection: (await socket.nextOf("connected")).connection };
    };
    return [await open(), await open()] as const;
  }

  it.each(["direct", "subscribed"] as const)(
    "is not told to it on a %s socket, whose cursor goes along; it is in every history and replay",
    async (kind) => {
      const topic = fresh();
      const [own, other] = await sockets(topic, kind);
      const list = [{ data: "a" }, exclude(own.connection, "b"), { data: "c" }];
      await call(url, "POST", messages(topic), list);
      await untilDelivered(url, topic, 3);
      const told = async (socket: TestSocket) => stepsOf(await rest(socket), topic);
      const [step, ...further] = await told(own.socket);
      expect(further).toEqual([]);
      expect(step).toMatchObject({ since: 0, to: 3, messages: [{ data: "a" }, { data: "c" }] });
      const [whole] = await told(other.socket);
      expect(dataOf(whole?.messages ?? [])).toEqual(["a", "b", "c"]);
      const { messages: kept } = (await call(url, "GET", messages(topic))).json;
      expect(dataOf(kept)).toEqual(["a", "b", "c"]);
      expect(JSON.stringify(kept)).not.toContain(own.connection);
      const replay = await device(url, "ada", may([topic], "subscribe"));
      await subscribe(replay.socket, topic, "0:0");
      expect(dataOf((await replay.socket.messages()).messages)).toEqual(["a", "b", "c"]);
      for (const { socket } of [own, other, replay]) socket.drop();
    },
  );

  it.each(["direct", "subscribed"] as const)(
    "published over the %s socket itself comes back to the others only",
    async (kind) => {
      const topic = fresh();
      const [own, other] = await sockets(topic, kind);
      const message = exclude(own.connection, "mine");
      const reply = await ask(own.socket, { type: "publish", topic, message });
      expect(reply).toMatchObject({ message: { offset: 1 } });
      await untilDelivered(url, topic, 1);
      await rest(own.socket);
      const [step] = stepsOf(own.socket.arrived, topic);
      expect(step).toMatchObject({ since: 0, to: 1, messages: [] });
      expect((await other.socket.messages()).messages).toMatchObject([{ data: "mine" }]);
      const live = { ...exclude(own.connection, "live"), ttl: 0 };
      await ask(own.socket, { type: "publish", topic, message: live });
      expect((await other.socket.messages()).messages).toMatchObject([{ data: "live" }]);
      await rest(own.socket);
      const all = stepsOf(own.socket.arrived, topic).flatMap(({ messages: told }) => told);
      expect(all).toEqual([]);
      for (const { socket } of [own, other]) socket.drop();
    },
  );

  it("is in a follower's inbox, and is sent there to the excluded connection, too", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const { socket, connection } = await device(url, user, {});
    await call(url, "POST", messages(topic), exclude(connection, "x"));
    expect((await socket.messages()).messages).toMatchObject([{ data: "x", topic }]);
    socket.drop();
  });
});
