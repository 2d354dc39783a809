// Mistakes of the app: each fails its own call, and nothing else.

import { expect, it, vi } from "vitest";
import type { BelfryError } from "../../src/client/error.ts";
import { inbox } from "../../src/client/inbox.ts";
import { createClient } from "../../src/client/index.ts";
import { connectUrl } from "../../src/client/transport.ts";
import { topicFault } from "../../src/protocol/address.ts";
import { FRAME_BYTES_MAX, MESSAGE_BYTES_MAX, OFFSETS_MAX } from "../../src/protocol/limits.ts";
import { parseTopicSince } from "../../src/protocol/since.ts";
import { decodeUp } from "../../src/protocol/up.ts";
import { connect, settled, simulate, step } from "./simulation.ts";

const cyclic: unknown[] = [];
cyclic.push(cyclic);

/** Values that JSON cannot express, or turns into something else. */
const LOST: Record<string, unknown> = {
  "a bigint": 10n,
  "a function": () => 1,
  "a function deeper": { list: [{ run: () => 1 }] },
  "a symbol": { mark: Symbol("x") },
  "no number": { ratio: Number.NaN },
  "an infinity": [-Infinity],
  "a hole in a list": [1, undefined, 3],
  "a date that is none": { at: new Date("soon") },
  "a Map": { by: new Map([[1, 2]]) },
  "a promise": Promise.resolve(1),
  "a cycle": cyclic,
  "a toJSON that throws": {
    toJSON() {
      throw new TypeError("not now");
    },
  },
};

it.each(Object.entries(LOST))(
  "a publish of %s fails alone, at once and for good",
  async (_, data) => {
    const simulated = simulate();
    const { client, clock, hub } = simulated;
    const news = client.topic("news");
    // Before the first open, and then on an open line.
    await expect(news.publish({ data })).rejects.toThrow(TypeError);
    const line = await connect(simulated);
    await expect(news.publish({ data })).rejects.toThrow(TypeError);
    const good = news.publish({ data: 1 });
    await settled();
    expect(line.sent).toMatchObject([{ type: "publish", message: { data: 1 } }]);
    line.events.lost(1006, "");
    await clock.until(() => hub.lines.length === 2);
    hub.line.connected();
    expect(hub.line.sent).toEqual(line.sent);
    hub.line.reply("publish", { message: { id: "x" } });
    await good;
  },
);

it("sends values that JSON expresses in full as they are", async () => {
  const simulated = simulate();
  const line = await connect(simulated);
  class Point {
    x = 1;
  }
  const data = [
    new Date(0),
    new Point(),
    Object.create(null),
    {},
    [],
    null,
    "null",
    "[{}]",
    -0.5,
    true,
  ];
  simulated.client
    .topic("news")
    .publish({ data })
    .catch(() => undefined);
  await settled();
  expect(line.asked("publish").message).toMatchObject({ data: JSON.parse(JSON.stringify(data)) });
});

it("a member that is undefined is absent, and a message without an id gets one", async () => {
  const simulated = simulate();
  const line = await connect(simulated);
  const message = { id: undefined, type: "x", data: { a: undefined } } as unknown as {
    type: string;
  };
  simulated.client
    .topic("news")
    .publish(message)
    .catch(() => undefined);
  await settled();
  expect(line.asked("publish").message).toEqual({ id: expect.any(String), type: "x", data: {} });
});

it("sends a message as it was at the call, even if the app has changed it since", async () => {
  const simulated = simulate();
  const data = { count: 1 };
  simulated.client
    .topic("news")
    .publish({ data })
    .catch(() => undefined);
  data.count = 2;
  Object.assign(data, { run: () => 1 });
  const line = await connect(simulated);
  expect(line.asked("publish").message).toMatchObject({ data: { count: 1 } });
});

it("sends no frame that the hub would not read, and every frame that it may take", async () => {
  const simulated = simulate();
  const line = await connect(simulated);
  const news = simulated.client.topic("news");
  for (const data of ["x".repeat(80_000), "é".repeat(80_000), "x".repeat(2 ** 20)])
    await expect(news.publish({ data })).rejects.toMatchObject({
      code: "payload_too_large",
      temporary: false,
    });
  expect(line.sent).toEqual([]);
  // The hub itself counts the bytes of a message: the client sends up to its limit, and a little more.
  for (const data of [
    "x".repeat(MESSAGE_BYTES_MAX),
    "\u20ac".repeat(79_000),
    "😀".repeat(39_000),
  ]) {
    news.publish({ data }).catch(() => undefined);
    await settled();
    const bytes = Buffer.byteLength(JSON.stringify(line.asked("publish")));
    expect(bytes).toBeLessThan(FRAME_BYTES_MAX);
  }
  expect(line.sent.length).toBe(3);
});

it("[SOC7] a malformed call is refused by the hub in its own words", async () => {
  const simulated = simulate();
  const line = await connect(simulated);
  const { client } = simulated;
  const calls = [
    client.request("ping", {}),
    client.request("read", { epoch: "e", offsets: ["1"] }),
    client.request("follow", {}),
    client.topic("room 1").follow(),
    client.topic("everyone").publish({ data: 1 }),
    // With an id of the app's own, the call would stay without an answer.
    client.request("seen", { id: 77 }),
  ];
  await settled();
  for (const frame of line.sent) {
    const decoded = decodeUp(JSON.stringify(frame));
    if (!("refusal" in decoded)) throw new Error("the hub takes it");
    line.say({
      type: "error",
      id: decoded.id,
      message: "No",
      temporary: false,
      ...decoded.refusal,
    });
  }
  const ends = await Promise.allSettled(calls);
  expect(ends.map(({ status }) => status)).toEqual(calls.map(() => "rejected"));
  expect(client.status.state).toBe("open");
});

it("`request` refuses subscribe and unsubscribe: a subscription belongs to its topic", async () => {
  const { client, hub } = simulate();
  for (const type of ["subscribe", "unsubscribe"])
    await expect(client.request(type, { topic: "news" })).rejects.toThrow(TypeError);
  expect([client.status.state, hub.lines.length]).toEqual(["idle", 0]);
});

it("an invalid topic or `since` fails that subscription, and all else goes on", async () => {
  const simulated = simulate();
  const { client, clock, hub } = simulated;
  const store = inbox(client);
  const errors: BelfryError[] = [];
  const onError = (error: BelfryError) => errors.push(error);
  const shown: unknown[] = [];
  client.topic("a,b").subscribe(() => undefined, { onError });
  client.topic("room 1").subscribe(() => undefined, { onError });
  client.topic("jobs").subscribe(() => undefined, { since: "yesterday", onError });
  client.topic("news").subscribe(({ data }) => shown.push(data), { onError });
  // A subscription that has ended by then is not called back.
  client.topic("c,d").subscribe(() => undefined, { onError })();
  await clock.pass(0);
  const refused = { code: "bad_request", temporary: false };
  expect(errors).toMatchObject([
    { ...refused, message: expect.stringMatching(/^a,b~latest is not \//) },
  ]);
  expect(hub.line.offer.topics).toEqual([
    ["room 1", "latest"],
    ["jobs", "yesterday"],
    ["news", "latest"],
  ]);
  hub.line.connected();
  const said = { type: "error", id: null, code: "invalid_params", message: "No" } as const;
  for (const topic of ["room 1", "jobs"])
    hub.line.say({ ...said, topic, fix: "name it well", temporary: false });
  expect(errors.slice(1)).toMatchObject([
    { code: "invalid_params", message: "No: name it well" },
    { code: "invalid_params", message: "No: name it well" },
  ]);
  hub.line.say({ type: "reply", id: null, topic: "news", epoch: "e", offset: 0, recovered: true });
  hub.line.say(step(null, 1), step(0, 1, { topic: "news" }));
  expect([store.getSnapshot().isLoaded, shown]).toEqual([true, [1]]);
  expect(hub.line.sent.map(({ type }) => type)).toEqual(["unsubscribe", "unsubscribe"]);
  const next = expect(client.topic("a,b").messages().next()).rejects.toMatchObject(refused);
  await clock.pass(0);
  await next;
});

it("a subscription that fails without an `onError` is reported in the console", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { client, clock } = simulate();
  client.topic("a,b").subscribe(() => undefined);
  await clock.pass(0);
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/^belfry: a,b: a,b~latest is not/)]]);
  warn.mockRestore();
});

it("names in a connect only topics that the address carries unchanged", async () => {
  const topics = [
    "a",
    "A_z.0:@=-",
    "x".repeat(128),
    "x".repeat(129),
    "",
    ".",
    "..",
    "...",
    "every",
  ];
  topics.push(
    "\ud800",
    "x".repeat(100_000),
    "everyone",
    "everyone2",
    "a b",
    "a,b",
    "a~b",
    "ä",
    "a/b",
    "$x",
    "a\n",
    "%20",
  );
  const sinces = [
    "latest",
    "0:0",
    "e:1",
    "k3x9w1p0zq:41",
    "e:01",
    "e:1e3",
    "e_:1",
    ":1",
    "e:",
    "E:1",
  ];
  sinces.push(
    `e:${2 ** 53}`,
    `${"e".repeat(33)}:1`,
    "15m",
    "1h",
    "999999s",
    "1000000s",
    "1w",
    "-1h",
    "",
  );
  sinces.push(
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.678+01:00",
    "2026-01-02",
    "2026-13-02T03:04:05Z",
  );
  sinces.push(
    "2026-01-42T03:04:05Z",
    "2026-01-02T33:04:05Z",
    "2026-01-02 03:04:05Z",
    "now",
    "Latest",
  );
  sinces.push("2026-01-02T03:04:05+99:99", "latest\n");
  const pairs = topics.flatMap((topic) => sinces.map((since) => [topic, since] as const));
  for (const [topic, since] of pairs) {
    const { client, hub } = simulate();
    client.connect();
    client.topic(topic).subscribe(() => undefined, { since, onError: () => undefined });
    await settled();
    const [offered] = hub.line.offer.topics;
    const isTaken =
      topicFault(topic) === null && since !== "" && parseTopicSince(since, 0) !== null;
    // The connect names all topics that the hub takes, and any other that the hub can name in a refusal.
    if (isTaken) expect(offered).toEqual([topic, since]);
    if (!offered) continue;
    const address = new URL(connectUrl({ ...hub.line.offer, topics: [[topic, since]] }));
    const named = address.searchParams.get("topics")?.split(",");
    expect(named?.map((item) => item.split("~"))).toEqual([[topic, since]]);
    expect(address.href.length).toBeLessThan(400);
  }
});

it("a mark of an invalid offset fails, and is neither shown nor sent", async () => {
  const simulated = simulate();
  const store = inbox(simulated.client);
  const line = await connect(simulated, { offset: 1 });
  line.say(step(null, 1));
  const before = store.getSnapshot();
  const wrong = ["1", 1.5, -1, Number.NaN, Infinity, 2 ** 53, null, undefined, {}, [1, "2"], 1n];
  for (const offsets of wrong as number[])
    for (const mark of [store.markRead, store.markSeen, store.archive, store.delete])
      await expect(mark.call(store, offsets)).rejects.toThrow(TypeError);
  expect([line.sent, store.getSnapshot() === before]).toEqual([[], true]);
});

it("marks a long list in frames of 1,000, and is done when all of them are", async () => {
  const simulated = simulate();
  const store = inbox(simulated.client);
  const line = await connect(simulated, { offset: 1 });
  line.say(step(null, 1));
  const offsets = Array.from({ length: 2 * OFFSETS_MAX + 1 }, (_, i) => i);
  let isDone = false;
  const done = store.delete(offsets).then(() => {
    isDone = true;
  });
  await settled();
  const lengths = line.sent.map((frame) => (frame.offsets as number[]).length);
  expect(lengths).toEqual([OFFSETS_MAX, OFFSETS_MAX, 1]);
  expect(line.sent.flatMap((frame) => frame.offsets)).toEqual(offsets);
  const [first, second, third] = line.sent.map(({ id }) => id);
  const reply = { type: "reply", changed: true, epoch: "e", offset: 2 } as const;
  line.say({ ...reply, id: first as number }, { ...reply, id: third as number });
  await settled();
  expect([isDone, offsets.length]).toEqual([false, 2 * OFFSETS_MAX + 1]);
  line.say({ ...reply, id: second as number });
  await done;
});

it.each(["", "hub.example.com", "ftp://hub", "http://", "/hub", "https://hub?x=1", "https://h ub"])(
  "an invalid address is refused with advice: %s",
  (url) => {
    const message = `"${url}" is no \`url\` such as https://hub.example.com`;
    expect(() => createClient({ url, token: "t" })).toThrow(new TypeError(message));
    expect(() => createClient({ token: "t" } as { url: string; token: string })).toThrow(TypeError);
  },
);

it.each(["ws://hub.test", "http://hub.test/", "HTTP://hub.test", "wss://hub.test//"])(
  "an address may use http or ws, in upper or lower case: %s",
  async (url) => {
    const opened: string[] = [];
    class Socket {
      constructor(address: string) {
        opened.push(address);
      }
      close() {
        opened.push("closed");
      }
    }
    vi.stubGlobal("WebSocket", Socket);
    const client = createClient({ url, token: "t" });
    client.connect();
    await settled();
    client.close();
    vi.unstubAllGlobals();
    const at = url.startsWith("wss") ? "wss" : "ws";
    expect(opened).toEqual([`${at}://hub.test/v1/connect?since=latest`, "closed"]);
  },
);

/** Records the `fetch` calls of a page, each to be answered by the test. */
function fetched() {
  const calls: { url: string; init: RequestInit; answer: (response: Response | null) => void }[] =
    [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const answer = (response: Response | null) =>
      response ? resolve(response) : reject(new TypeError("Failed to fetch"));
    calls.push({ url, init, answer });
    return promise;
  });
  return calls;
}

it("a page that is left sends its unanswered marks by `fetch`, once, and resends no answered one", async () => {
  const calls = fetched();
  const simulated = simulate();
  const { client, clock, hub, page } = simulated;
  const store = inbox(client);
  const line = await connect(simulated, { offset: 3 });
  line.say(step(null, 3));
  const first = store.markRead(1);
  line.reply("read", { changed: true, epoch: "e", offset: 4 });
  await first;
  line.events.lost(1006, "");
  const marks = [store.markRead([2, 3]), store.markUnread(1), store.archive(1), store.unarchive(1)];
  marks.push(store.markAllSeen());
  const other = client.topic("news").follow();
  const deleted = store.delete(3);
  page.is("freeze", "pagehide");
  const asked = calls.map(({ init }) => JSON.parse(init.body as string));
  expect(asked).toEqual([
    { epoch: "e", offsets: [2, 3], read: true },
    { epoch: "e", offsets: [1], read: false },
    { epoch: "e", offsets: [1], archived: true },
    { epoch: "e", offsets: [1], archived: false },
    { epoch: "e", up_to: 3, seen: true },
  ]);
  for (const { url, init } of calls) {
    expect(url).toBe("https://hub.test/v1/users/me/notifications");
    const headers = { authorization: "Bearer token", "content-type": "application/json" };
    expect(init).toMatchObject({ method: "PATCH", keepalive: true, headers });
  }
  // The page returns. Only the answered mark is done: the next line sends the refused, the lost and the
  // open ones.
  calls[0]?.answer(Response.json({ changed: true, epoch: "e", offset: 5 }));
  calls[1]?.answer(Response.json({ code: "overloaded" }, { status: 503 }));
  calls[2]?.answer(null);
  await marks[0];
  page.is("pageshow");
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected({ offset: 3 });
  await settled();
  const types = ["unread", "archive", "unarchive", "seen", "follow", "delete"];
  expect(hub.line.sent.map(({ type }) => type)).toEqual(types);
  for (const type of types) hub.line.reply(type, { changed: true, offset: 6 });
  await Promise.all([...marks, other, deleted]);
  page.is("pagehide");
  expect(calls.length).toBe(5);
  vi.unstubAllGlobals();
});

it("a page that is left sends no more than a browser carries, and nothing without a token", async () => {
  const calls = fetched();
  const simulated = simulate(() => new Promise(() => undefined));
  const store = inbox(simulated.client);
  store.markRead(1).catch(() => undefined);
  simulated.page.is("pagehide");
  expect(calls).toEqual([]);
  const other = simulate();
  inbox(other.client)
    .markRead(Array.from({ length: 20_000 }, (_, i) => 1e9 + i))
    .catch(() => undefined);
  await settled();
  other.page.is("pagehide");
  const bytes = calls.reduce((sum, { init }) => sum + (init.body as string).length, 0);
  expect(bytes).toBeGreaterThan(40_000);
  expect(bytes).toBeLessThan(64 * 1024);
  vi.unstubAllGlobals();
});
