// Event streams through the whole Worker, with an object that is evicted under them: the next event still
// comes, with the `id` that resumes.

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Caps } from "../../src/protocol/caps.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { EventReader } from "../support/events.ts";
import { namedTopic, namedUser, until } from "../support/member.ts";
import { BOTH, type Stub } from "../support/object.ts";
import { request } from "../support/platform-bill.ts";

/** Opens a stream as the user. */
async function open(path: string, user: string, caps: Caps = {}): Promise<EventReader> {
  const headers = { accept: "text/event-stream", ...bearer(await tokenOf(user, caps)) };
  const response = await request("GET", path, undefined, headers);
  expect(response.status).toBe(200);
  return new EventReader(response.body as ReadableStream<Uint8Array>);
}

/** Publishes one message; returns its cursor. */
async function publish(path: string, data: unknown): Promise<string> {
  const response = await request("POST", path, { data });
  const { epoch, offset } = (await response.json()) as { epoch: string; offset: number };
  return `${epoch}:${offset}`;
}

/** Returns the instance of an object that is in memory now. */
const instanceOf = (stub: Stub) =>
  runInDurableObject(stub as DurableObjectStub<Inbox>, (object) => object);

describe.each(BOTH)("a stream whose object is $name", ({ name, rest }) => {
  /** Lets an object rest; returns a check that its instance was replaced, or kept where it stays warm. */
  async function rested(stub: Stub): Promise<() => Promise<void>> {
    const before = await instanceOf(stub);
    await rest(stub);
    return async () => expect((await instanceOf(stub)) === before).toBe(name === "warm");
  }

  it.each([
    {
      route: "the user's stream",
      of: () => {
        const { name: user, stub } = namedUser();
        return { user, stub, at: "/v1/connect", to: `/v1/users/${user}/notifications`, topic: {} };
      },
    },
    {
      route: "a topic's stream",
      of: () => {
        const { name: topic, stub } = namedTopic();
        const path = `/v1/topics/${topic}`;
        return {
          user: "ada",
          stub,
          at: `${path}/connect`,
          to: `${path}/messages`,
          topic: { topic },
        };
      },
    },
  ])("[SSE1] [SSE2] brings on $route all later messages, and is resumed", async ({ of }) => {
    const { user, stub, at, to, topic } = of();
    const caps: Caps = { "topic:*": ["subscribe"] };
    await publish(to, "before");
    const stream = await open(`${at}?since=latest`, user, caps);
    expect(await stream.next()).toMatchObject({
      event: "connected",
      data: { offset: 1, ...topic },
    });
    let id = "";
    for (const n of [2, 3]) {
      const check = await rested(stub);
      id = await publish(to, n);
      const data = { since: n - 1, to: n, messages: [{ data: n }], ...topic };
      expect(await stream.next()).toMatchObject({ event: "messages", id, data });
      await check();
    }
    await stream.close();
    const last = await publish(to, "after");
    const check = await rested(stub);
    const again = await open(`${at}?since=${id}`, user, caps);
    expect(await again.next()).toMatchObject({ event: "connected", data: { recovered: true } });
    const data = { since: 3, to: 4, messages: [{ data: "after" }] };
    expect(await again.next()).toMatchObject({ event: "messages", id: last, data });
    await check();
    await again.close();
  });

  it("[SUB9] [SUB6] brings the topics that it names, with an `id` that holds every cursor", async () => {
    const [ada, news] = [namedUser(), namedTopic()];
    const stream = await open(`/v1/connect?since=latest&topics=${news.name}~latest`, ada.name, {
      "topic:*": ["subscribe"],
    });
    expect(await stream.next()).toMatchObject({ event: "connected", id: "0:0" });
    const begun = await stream.next();
    expect(begun).toMatchObject({ event: "reply", data: { topic: news.name, offset: 0 } });
    const toNews = `/v1/topics/${news.name}/messages`;
    const checks = [await rested(news.stub)];
    const first = await publish(toNews, 1);
    expect(await stream.next()).toMatchObject({
      ...{ event: "messages", id: `0:0,${news.name}~${first}` },
      data: { topic: news.name, since: 0, to: 1, messages: [{ data: 1 }] },
    });
    // Both objects rest, and the stream brings the events of each.
    checks.push(await rested(news.stub), await rested(ada.stub));
    const second = await publish(toNews, 2);
    expect(await stream.next()).toMatchObject({
      ...{ event: "messages", id: `0:0,${news.name}~${second}` },
      data: { topic: news.name, since: 1, to: 2, messages: [{ data: 2 }] },
    });
    checks.push(await rested(ada.stub));
    const mine = await publish(`/v1/users/${ada.name}/notifications`, "mine");
    expect(await stream.next()).toMatchObject({
      ...{ event: "messages", id: `${mine},${news.name}~${second}` },
      data: { since: 0, to: 1, messages: [{ data: "mine" }] },
    });
    for (const check of checks) await check();
    await stream.close();
  });

  it("[SOC9] [DEL3] closes its object's socket when its reader has left", async () => {
    const [ada, news] = [namedUser(), namedTopic()];
    const stream = await open(`/v1/connect?since=latest&topics=${news.name}~latest`, ada.name, {
      "topic:*": ["subscribe"],
    });
    for (const event of ["connected", "reply"])
      expect(await stream.next()).toMatchObject({ event });
    const check = await rested(ada.stub);
    await stream.close();
    const sockets = () =>
      runInDurableObject(ada.stub, (_inbox, state) => state.getWebSockets().length);
    await until(async () => (await sockets()) === 0);
    await check();
    await publish(`/v1/topics/${news.name}/messages`, "late");
    await until(async () => (await news.stub.standing()).members === 0);
  });
});

it("[SUB9] a stream whose `id` has no cursor of the inbox starts its inbox as the URL says", async () => {
  const [ada, news] = [namedUser(), namedTopic()];
  await publish(`/v1/users/${ada.name}/notifications`, "before");
  const cursor = await publish(`/v1/topics/${news.name}/messages`, "before");
  const headers = {
    accept: "text/event-stream",
    "last-event-id": `,${news.name}~${cursor}`,
    ...bearer(await tokenOf(ada.name, { "topic:*": ["subscribe"] })),
  };
  const path = `/v1/connect?since=latest&topics=${news.name}`;
  const response = await request("GET", path, undefined, headers);
  const stream = new EventReader(response.body as ReadableStream<Uint8Array>);
  for (const event of ["connected", "reply"]) expect(await stream.next()).toMatchObject({ event });
  await publish(`/v1/users/${ada.name}/notifications`, "after");
  expect(await stream.next()).toMatchObject({
    ...{ event: "messages", data: { since: 1, messages: [{ data: "after" }] } },
  });
  await stream.close();
});

it("[SSE5] a token in a URL gets no ticket when the request was let in by another token", async () => {
  const { name } = namedUser();
  const old = await tokenOf("eve", {}, { iat: 1 });
  const stream = await open(`/v1/connect?since=latest&access_token=${old}`, name);
  expect(await stream.next()).toMatchObject({ event: "connected", id: "0:0" });
  await stream.close();
});

it("[SUB5] a topic that is named twice is refused once, and not subscribed to", async () => {
  const [ada, news, other] = [namedUser(), namedTopic(), namedTopic()];
  const topics = [news.name, news.name, other.name].join(",");
  const caps: Caps = { "topic:*": ["subscribe"] };
  const stream = await open(`/v1/connect?since=latest&topics=${topics}`, ada.name, caps);
  const events = [await stream.next(), await stream.next(), await stream.next()];
  expect(events.map((each) => [each?.event, each?.data.topic]).sort()).toEqual([
    ["connected", undefined],
    ["error", news.name],
    ["reply", other.name],
  ]);
  expect(await news.stub.standing()).toMatchObject({ members: 0 });
  await stream.close();
});

it("[SSE3] readers of streams that end together come back at different times", async () => {
  const waits = new Set<string>();
  for (let n = 0; n < 4; n++) {
    const headers = { accept: "text/event-stream", ...bearer(await tokenOf(namedUser().name)) };
    const { body } = await request("GET", "/v1/connect?since=latest", undefined, headers);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const [, wait = ""] =
      /^retry: (\d+)/.exec(new TextDecoder().decode((await reader.read()).value)) ?? [];
    expect(Number(wait)).toBeGreaterThanOrEqual(1_000);
    expect(Number(wait)).toBeLessThanOrEqual(6_000);
    waits.add(wait);
    await reader.cancel();
  }
  expect(waits.size).toBeGreaterThan(1);
});
