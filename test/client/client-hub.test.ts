// The SDK against a real hub in its own process: published messages arrive once and in order, through
// kills, revocations and expired tokens.

import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { surroundings } from "../../src/client/environment.ts";
import { inbox } from "../../src/client/inbox.ts";
import { createClient, websocket } from "../../src/client/index.ts";
import { sse } from "../../src/client/sse.ts";
import type { TokenReason } from "../../src/client/token.ts";
import { connectUrl, type Transport } from "../../src/client/transport.ts";
import { startProxy } from "../examples/proxy.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { clientOf, Shown, until, untilShown } from "./real-hub.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"), { INBOX_MESSAGES_MAX: "60" });
});
afterAll(() => hub.stop());

let names = 0;
/** The name of a user or a topic that no other test uses. */
const fresh = () => `sdk${names++}`;
const ALL = ["subscribe", "follow", "publish"] as const;
const capsOf = (topic: string) => ({ [`topic:${topic}`]: [...ALL] });
const toTopic = (topic: string, ...data: unknown[]) =>
  call(
    hub.url,
    "POST",
    `/v1/topics/${topic}/messages`,
    data.map((each) => ({ notification: { title: "t" }, data: each })),
  );
const toUser = (user: string, ...data: unknown[]) =>
  call(
    hub.url,
    "POST",
    `/v1/users/${user}/notifications`,
    data.map((each) => ({ notification: { title: "t" }, data: each })),
  );
const seconds = () => Math.floor(Date.now() / 1000);
/** Waits for a second of the clock: a token expires by the hub's clock, without an event to wait for. */
const passed = (second: number) =>
  new Promise((resolve) => setTimeout(resolve, second * 1000 - Date.now()));
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A transport with blocked sockets, which fail without a reason. */
const blocked: Transport = {
  name: "blocked",
  topicsMax: 100,
  open(_offer, events) {
    queueMicrotask(() => events.lost(1006, ""));
    return { send: () => undefined, close: () => undefined };
  },
};

it("`for await` shows the messages published to a topic after it began", async () => {
  const topic = fresh();
  const token = await tokenOf("ada", capsOf(topic));
  const client = createClient({ url: hub.url, token });
  await toTopic(topic, "before");
  const messages = client.topic<number>(topic).messages();
  const first = messages.next();
  expect(await until(client, "open")).toMatchObject({ state: "open", transport: "websocket" });
  const published = await client.topic(topic).publish({ data: 1 });
  expect(published).toMatchObject({ offset: 2, duplicate: false });
  expect((await first).value).toMatchObject({ data: 1, source: "user:ada" });
  await toTopic(topic, 2, 3);
  expect((await messages.next()).value).toMatchObject({ data: 2 });
  expect((await messages.next()).value).toMatchObject({ data: 3 });
  await messages.return();
  client.close();
});

it("the address of a connect names the topics, if there are any", () => {
  const offer = {
    url: "https://hub.test",
    token: "t",
    since: "latest",
    environment: surroundings(),
  };
  const at = "https://hub.test/v1/connect?since=latest";
  expect(connectUrl({ ...offer, topics: [] })).toBe(at);
  expect(connectUrl({ ...offer, topics: [["news", "1h"]] })).toBe(`${at}&topics=news~1h`);
});

describe.each([
  ["websocket", [websocket()]],
  ["sse", [blocked, sse()]],
] as const)("over %s", (name, transports) => {
  it("keeps the inbox, and marks it on every device", async () => {
    const user = fresh();
    await toUser(user, ...range(1, 55));
    const token = await tokenOf(user);
    const [one, other] = [clientOf(hub.url, token, transports), clientOf(hub.url, token)];
    const [mine, theirs] = [inbox(one), inbox(other)];
    const begun = await untilShown(mine, ({ isLoaded }) => isLoaded);
    expect(one.status).toMatchObject({ state: "open", transport: name });
    expect(begun).toMatchObject({ hasMore: true, counts: { unread: 55, unseen: 55, total: 55 } });
    expect(begun.notifications.map(({ offset }) => offset)).toEqual(range(6, 55).reverse());
    await mine.loadMore();
    expect(mine.getSnapshot()).toMatchObject({ hasMore: false });
    expect(mine.getSnapshot().notifications.length).toBe(55);

    await untilShown(theirs, ({ isLoaded }) => isLoaded);
    await mine.markRead([55, 54]);
    await mine.archive(53);
    await mine.delete([1, 2]);
    await mine.markUnread(54);
    const counts = { unread: 51, unseen: 50, total: 52 };
    const isSo = (store: typeof mine) =>
      untilShown(store, (now) => JSON.stringify(now.counts) === JSON.stringify(counts));
    await Promise.all([isSo(mine), isSo(theirs)]);
    expect(mine.getSnapshot().notifications.slice(0, 3)).toMatchObject([
      { offset: 55, read_at: expect.any(String) },
      { offset: 54, read_at: null, seen_at: expect.any(String) },
      { offset: 52 },
    ]);
    await mine.unarchive(53);
    await mine.markAllRead();
    const read = (store: typeof mine) =>
      untilShown(store, ({ counts: { unread } }) => unread === 0);
    await Promise.all([read(mine), read(theirs)]);
    expect(theirs.getSnapshot().counts).toEqual({ unread: 0, unseen: 0, total: 53 });
    expect(mine.getSnapshot().notifications.filter(({ read_at }) => read_at === null)).toEqual([]);
    one.close();
    other.close();
  });

  it.each(["…", "nope"])(
    "a fixed token that is invalid closes the client with the hub's reason: %s",
    async (token) => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const client = clientOf(hub.url, token, transports);
      const request = client.request("follow", { topic: "news" });
      const fix = "this is neither an API key (`bk_…`) nor a user's token (a JWT)";
      await expect(request).rejects.toMatchObject({ code: "invalid_token", message: fix });
      expect(client.status).toEqual({
        state: "closed",
        reason: { close: 4500, code: "invalid_token", message: fix },
      });
      expect(warn.mock.calls).toEqual([[`belfry: ${hub.url}: invalid_token: ${fix}`]]);
      warn.mockRestore();
    },
  );

  it("a mark of another epoch of the inbox is refused", async () => {
    const user = fresh();
    await toUser(user, 1);
    const client = clientOf(hub.url, await tokenOf(user), transports);
    await untilShown(inbox(client), ({ isLoaded }) => isLoaded);
    const wrong = client.request("read", { epoch: "other", offsets: [1] });
    await expect(wrong).rejects.toMatchObject({ code: "other_epoch", temporary: false });
    client.close();
  });

  it("subscribes, publishes, follows, and shows a message once when it comes by both", async () => {
    const [user, topic] = [fresh(), fresh()];
    const client = clientOf(hub.url, await tokenOf(user, capsOf(topic)), transports);
    const store = inbox(client);
    await untilShown(store, ({ isLoaded }) => isLoaded);
    const arrived = new Shown<unknown>();
    store.onMessage(({ data }) => arrived.push(data));
    const shown = new Shown<unknown>();
    const news = client.topic(topic);
    await news.follow();
    await toTopic(topic, 1);
    await arrived.until(1);
    news.subscribe(({ data }) => shown.push(data), { since: "1h" });
    await shown.until(1);
    await news.publish({ data: 2, id: "second" });
    expect(await news.publish({ data: 2, id: "second" })).toMatchObject({ duplicate: true });
    await toTopic(topic, 3);
    expect(await shown.until(3)).toEqual([1, 2, 3]);
    expect(await arrived.until(3)).toEqual([1, 2, 3]);
    const { notifications } = store.getSnapshot();
    expect(notifications.map((each) => [each.data, each.topic])).toEqual([
      [3, topic],
      [2, topic],
      [1, topic],
    ]);
    await news.unfollow();
    await news.publish({ data: 4 });
    await shown.until(4);
    expect(store.getSnapshot().counts.total).toBe(3);
    client.close();
  });

  it("reports the hub's refusal of each call that its token does not allow", async () => {
    const client = clientOf(hub.url, await tokenOf(fresh()), transports);
    const topic = client.topic(fresh());
    const code = "insufficient_scope";
    await expect(topic.messages().next()).rejects.toMatchObject({ code });
    await expect(topic.publish({ data: 1 })).rejects.toMatchObject({ code });
    await expect(topic.follow()).rejects.toMatchObject({ code });
    expect(client.status.state).toBe("open");
    client.close();
  });

  it("waits while its tokens are refused, reports it once, and goes on with a right one", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const reasons: TokenReason[] = [];
    const token = (reason: TokenReason) => {
      const isWrong = reasons.push(reason) < 4;
      return isWrong
        ? tokenOf("ada", {}, {}, "not the secret of this hub, but as long")
        : tokenOf("ada");
    };
    const client = clientOf(hub.url, token, transports.slice(-1));
    client.connect();
    const { reason } = await until(client, "waiting");
    expect(reason).toMatchObject({ close: 4500, code: "invalid_token" });
    await until(client, "open");
    expect(reasons).toEqual(["connect", "refused", "refused", "refused"]);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
    client.close();
  });

  it("a wrong call fails alone, and the others are answered", async () => {
    const [user, topic] = [fresh(), fresh()];
    await toUser(user, ...range(1, 3));
    const client = clientOf(hub.url, await tokenOf(user, capsOf(topic)), transports);
    const store = inbox(client);
    client.topic("no topic").subscribe(() => undefined, { onError: () => undefined });
    const shown = new Shown<unknown>();
    client.topic(topic).subscribe(({ data }) => shown.push(data));
    await untilShown(store, ({ isLoaded }) => isLoaded);
    const { connection } = await until(client, "open");
    const wrong = [
      store.markRead("1" as unknown as number),
      client.topic("no topic").follow(),
      client.topic("no topic").publish({ data: 1 }),
      client.topic(topic).publish({ data: 10n }),
      client.topic(topic).publish({ data: "x".repeat(300 * 1024) }),
      client.topic(topic).publish({ data: JSON.parse(`${"[".repeat(33)}${"]".repeat(33)}`) }),
      client.topic(topic).publish({ notification: 1 } as unknown as { type: string }),
      client.request("ping", {}),
    ];
    const right = [
      store.markRead([1, ...range(4, 1_500)]),
      client.topic(topic).publish({ data: "right" }),
      client.topic(topic).follow(),
    ];
    const ends = await Promise.allSettled(wrong);
    expect(ends.map(({ status }) => status)).toEqual(wrong.map(() => "rejected"));
    await Promise.all(right);
    expect(await shown.until(1)).toEqual(["right"]);
    expect(client.status).toMatchObject({ state: "open", connection });
    client.close();
  });

  it("a hub that is killed and comes back delivers everything once", async () => {
    const [user, topic] = [fresh(), fresh()];
    const proxy = await startProxy();
    proxy.point(hub.url);
    const client = clientOf(proxy.url, await tokenOf(user, capsOf(topic)), transports);
    const store = inbox(client);
    const shown = new Shown<unknown>();
    client.topic(topic).subscribe(({ data }) => shown.push(data));
    await untilShown(store, ({ isLoaded }) => isLoaded);
    await client.topic(topic).publish({ data: 1 });
    await toUser(user, 1);
    await shown.until(1);
    proxy.point(null);
    hub = await hub.restart();
    await toTopic(topic, 2, 3);
    await toUser(user, 2);
    proxy.point(hub.url);
    expect(await shown.until(3)).toEqual([1, 2, 3]);
    const { counts } = await untilShown(store, ({ notifications }) => notifications.length === 2);
    expect(counts.unread).toBe(2);
    await client.topic(topic).publish({ data: 4 });
    expect(await shown.until(4)).toEqual([1, 2, 3, 4]);
    client.close();
    proxy.stop();
  });
});

it("[SOC3] a token is refreshed on the live socket, which outlives the first token", async () => {
  const user = fresh();
  const reasons: TokenReason[] = [];
  let firstEnds = 0;
  const token = (reason: TokenReason) => {
    // Counted from here, and long enough for a slow machine to open a socket.
    if (reasons.push(reason) > 1) return tokenOf(user);
    firstEnds = seconds() + 6;
    return tokenOf(user, {}, { exp: firstEnds });
  };
  const client = clientOf(hub.url, token);
  const store = inbox(client);
  const { connection } = await until(client, "open");
  await passed(firstEnds + 1);
  await toUser(user, 1);
  await untilShown(store, ({ notifications }) => notifications.length === 1);
  expect(client.status).toMatchObject({ state: "open", connection });
  expect(reasons).toEqual(["connect", "refresh"]);
  client.close();
});

it("[SOC2] a fresh token follows one that has expired, and nothing is lost", async () => {
  const user = fresh();
  const reasons: TokenReason[] = [];
  let firstEnds = 0;
  const token = (reason: TokenReason) => {
    reasons.push(reason);
    if (reason === "refresh") throw new Error("the app's server is away");
    if (reason !== "connect") return tokenOf(user);
    firstEnds = seconds() + 4;
    return tokenOf(user, {}, { exp: firstEnds });
  };
  const client = clientOf(hub.url, token);
  const store = inbox(client);
  await until(client, "open");
  const waiting = until(client, "waiting");
  await passed(firstEnds + 1);
  await toUser(user, 1);
  const { reason } = await waiting;
  expect(reason).toMatchObject({ close: 4002 });
  await untilShown(store, ({ notifications }) => notifications.length === 1);
  expect(reasons.at(-1)).toBe("expired");
  client.close();
});

it("[CON8] another token is requested after a revoked one; the operator's disconnect is final", async () => {
  const user = fresh();
  const reasons: TokenReason[] = [];
  const token = (reason: TokenReason) => {
    reasons.push(reason);
    return tokenOf(user, {}, reason === "refused" ? {} : { iat: seconds() - 60 });
  };
  const client = clientOf(hub.url, token);
  await until(client, "idle").then(() => client.connect());
  await until(client, "open");
  const not_before = new Date(Date.now() - 30_000).toISOString();
  const path = `/v1/users/${user}/connections`;
  await call(hub.url, "DELETE", path, { reconnect: true, not_before });
  await until(client, "waiting");
  await until(client, "open");
  expect(reasons).toEqual(["connect", "connect", "refused"]);
  await call(hub.url, "DELETE", path, {});
  const { reason } = await until(client, "closed");
  expect(reason).toMatchObject({ close: 4503, message: "disconnected by the operator" });
});

it("[CUR6] reports a gap of a topic and of the inbox, and goes on after it", async () => {
  const [user, topic] = [fresh(), fresh()];
  await call(hub.url, "PUT", `/v1/topics/${topic}`, { messages_max: 5 });
  await toUser(user, 0);
  const proxy = await startProxy();
  proxy.point(hub.url);
  const client = clientOf(proxy.url, await tokenOf(user, capsOf(topic)));
  const store = inbox(client);
  const gaps = new Shown<string | null>();
  client.onGap((gap) => gaps.push(gap.topic));
  const shown = new Shown<unknown>();
  client.topic(topic).subscribe(({ data }) => shown.push(data));
  await untilShown(store, ({ isLoaded }) => isLoaded);
  await client.topic(topic).publish({ data: 0 });
  await shown.until(1);
  proxy.point(null);
  await until(client, "waiting");
  // A topic keeps a message until it is delivered, so each is delivered before the next comes.
  for (const data of range(1, 12)) await toTopic(topic, data);
  await toUser(user, ...range(1, 70));
  proxy.point(hub.url);
  expect((await gaps.until(2)).sort()).toEqual([null, topic].sort());
  await untilShown(store, ({ notifications }) => notifications.length === 50);
  expect(store.getSnapshot().counts.total).toBe(60);
  const kept = (await shown.until(6)).slice(1);
  expect(kept).toEqual(range(13 - kept.length, 12));
  client.close();
  proxy.stop();
});

it("20 topics and 30 requests at once do not break the hub's limit of frames", async () => {
  const user = fresh();
  const topics = range(1, 20).map(() => fresh());
  const caps = Object.assign({}, ...topics.slice(0, 1).map(() => ({ "topic:sdk*": [...ALL] })));
  const client = clientOf(hub.url, await tokenOf(user, caps));
  client.connect();
  await until(client, "open");
  const shown = new Shown<unknown>();
  for (const topic of topics) client.topic(topic).subscribe(({ data }) => shown.push(data));
  await Promise.all(
    range(1, 30).map((data) => client.topic(topics[data % 20] as string).publish({ data })),
  );
  await shown.until(30);
  expect(new Set(shown.all).size).toBe(30);
  expect(client.status.state).toBe("open");
  client.close();
});
