// The calls of belfry/server for users and topics, against a real hub.

import { afterAll, beforeAll, expect, inject, it } from "vitest";
import {
  createHub,
  HubError,
  type InboxMessage,
  type NewMessage,
} from "../../src/client/server.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";
import { API_KEY } from "../support/vars.ts";

let process: Hub;
beforeAll(async () => {
  process = await startHub(inject("bundle"));
});
afterAll(() => process.stop());

const REAL = globalThis.fetch;

/** The hub. With `loses`, every first answer is lost, so that only the answer to a second try arrives. */
function backend({ loses = false } = {}) {
  let isLost = false;
  const calls: string[] = [];
  const hub = createHub({
    url: process.url,
    key: API_KEY,
    wait: async () => undefined,
    async fetch(address, init) {
      calls.push(`${init?.method} ${new URL(String(address)).pathname.slice(3)}`);
      const response = await REAL(address, init);
      isLost = loses && !isLost;
      if (!isLost) return response;
      await response.arrayBuffer();
      throw new TypeError("fetch failed");
    },
  });
  return { hub, calls };
}

const titled = (title: string) => ({ notification: { title } });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

it("lists an inbox by page and as a whole", async () => {
  const ada = backend().hub.user("ada");
  for (const title of ["one", "two", "three"]) await ada.publish(titled(title));
  const page = await ada.list({ limit: 2 });
  expect(page).toMatchObject({ counts: { unread: 3 }, next: 2 });
  const titles = (list: InboxMessage[]) => list.map((each) => each.notification?.title);
  expect(titles(page.notifications)).toEqual(["three", "two"]);
  expect(titles(await all(ada.notifications({ limit: 2 })))).toEqual(["three", "two", "one"]);
  expect(await all(ada.notifications({ state: "read" }))).toEqual([]);
});

it("marks, deletes, and returns the changes since a cursor", async () => {
  const user = backend({ loses: true }).hub.user("marks");
  const { epoch } = await user.publish(titled("one"));
  await user.publish(titled("two"));
  const { cursor } = await user.list();
  expect(await user.mark({ epoch, offsets: [1], read: true })).toMatchObject({
    epoch,
    counts: { unread: 1 },
  });
  expect(await user.mark({ epoch, up_to: 2, seen: true })).toMatchObject({ counts: { unseen: 0 } });
  await user.delete(2, { epoch });
  await user.delete(2);
  expect(await user.changes(cursor)).toMatchObject({ removed: [2], recovered: true });
  const { counts, notifications } = await user.list();
  expect([counts.total, notifications[0]?.read_at]).toEqual([1, expect.any(String)]);
  await expect(user.delete(1, { epoch: "another" })).rejects.toMatchObject({ code: "other_epoch" });
});

it("follows and leaves, and lists the followers", async () => {
  const { hub } = backend({ loses: true });
  const [user, topic] = [hub.user("fan"), hub.topic("fans")];
  await user.follow("fans");
  await hub.user("fan2").follow("fans");
  expect(await user.follows()).toEqual(["fans"]);
  expect(await topic.followers({ limit: 1 })).toEqual({ followers: ["fan"], next: "fan" });
  expect(await all(topic.allFollowers())).toEqual(["fan", "fan2"]);
  expect(await topic.isFollowedBy("fan")).toBe(true);
  await user.unfollow("fans");
  expect(await topic.isFollowedBy("fan")).toBe(false);
  expect(await user.follows()).toEqual([]);
});

it("reads and sets a topic, its history, a message and its delivery", async () => {
  const { hub } = backend({ loses: true });
  const topic = hub.topic("state");
  expect(await topic.set({ access: "public", messages_max: 200, age_days: undefined })).toEqual(
    await topic.state(),
  );
  expect(await topic.state()).toMatchObject({ access: "public", messages_max: 200, age_days: 7 });
  for (const data of [1, 2, 3]) await topic.publish({ data });
  const { messages, next } = await topic.history({ since: "0:0", limit: 2 });
  expect([messages.map(({ data }) => data), typeof next]).toEqual([[1, 2], "string"]);
  expect((await all(topic.messages({ limit: 2 }))).map(({ data }) => data)).toEqual([1, 2, 3]);
  expect(await topic.message(2)).toMatchObject({ offset: 2, data: 2 });
  expect(await topic.message(9)).toBeNull();
  expect(await topic.delivery(3)).toEqual({ members: 0, delivered: 0, behind: 0 });
  expect(await topic.delivery(9)).toBeNull();
});

it("closes sockets, and refuses tokens from before a time", async () => {
  const user = backend().hub.user("gone");
  const headers = { authorization: `Bearer ${await tokenOf("gone")}` };
  const socket = new TestSocket(process.url, "/v1/connect", { headers });
  await socket.nextOf("connected");
  await user.disconnect({ reconnect: true });
  // The close after this frame may come late.
  expect(await socket.nextOf("disconnect")).toMatchObject({ code: 4001 });
  await user.disconnect({ not_before: new Date() });
  const old = await tokenOf("gone", {}, { iat: Math.floor(Date.now() / 1000) - 5 });
  const refused = await call(process.url, "GET", "/v1/users/me/notifications", undefined, {
    authorization: `Bearer ${old}`,
  });
  expect(refused.json.code).toBe("invalid_token");
});

it("exports line by line, and erases", async () => {
  const user = backend().hub.user("heir");
  await user.follow("will");
  for (const title of ["one", "two"]) await user.publish(titled(title));
  const [head, ...kept] = await all(user.export());
  expect(head).toMatchObject({ user: "heir", counts: { total: 2 }, not_before: null });
  expect(kept).toMatchObject([{ offset: 1 }, { offset: 2 }]);
  // A loop that is left does not wait for the rest.
  for await (const line of user.export()) {
    expect(line).toEqual(head);
    break;
  }
  await user.erase();
  await user.erase();
  expect((await user.list()).counts.total).toBe(0);
});

it("publishes to several addresses with the outcome of each", async () => {
  const { hub } = backend({ loses: true });
  const answer = await hub.publish(["user:both", "topic:both"], titled("one"));
  expect(answer).toMatchObject({ stored: 0, duplicate: 2, failed: 0 });
});

it("takes undefined for absent everywhere", async () => {
  const { hub } = backend({ loses: true });
  const message = { ...titled("one"), id: undefined, ttl: undefined } as unknown as NewMessage;
  const options = { idempotencyKey: undefined, signal: undefined };
  await hub.publish("user:none", message, options);
  await hub.user("none").publish(message, { idempotencyKey: null });
  await hub.publishMany([{ to: "user:none", ...message }], options);
  await hub.publish("user:none", { ...message, to: undefined } as unknown as NewMessage);
  expect(
    (await hub.user("none").list({ limit: undefined, category: undefined })).counts.total,
  ).toBe(4);
  await hub.mintToken({ user: "none", ttl: undefined, caps: undefined });
});

it("names the field at fault, also if an id is null", async () => {
  const { hub } = backend();
  const faulty = { ...titled("one"), id: null } as unknown as NewMessage;
  const refused = await hub.publish("user:field", faulty).catch((cause: unknown) => cause);
  expect(refused).toBeInstanceOf(HubError);
  expect(refused).toMatchObject({ status: 422, code: "invalid_params", field: "id" });
});

it.each(["", ".", "..", undefined])("refuses %j for a name, and calls nothing", (name) => {
  const { hub, calls } = backend();
  expect(() => hub.user(name as string)).toThrow(TypeError);
  expect(() => hub.topic(name as string)).toThrow(TypeError);
  expect(calls).toEqual([]);
});

it.each([
  [
    "an id of a big integer",
    (hub: ReturnType<typeof createHub>) => hub.publish("user:x", { data: 10n }),
  ],
  ["a key of no header", (hub) => hub.publish("user:x", { data: 1 }, { idempotencyKey: "ключ" })],
  ["an empty key", (hub) => hub.publish("user:x", { data: 1 }, { idempotencyKey: "" })],
  ["an offset that is none", (hub) => hub.user("x").delete(Number.NaN)],
  ["no cursor", (hub) => hub.user("x").changes(undefined as unknown as string)],
] as [string, (hub: ReturnType<typeof createHub>) => Promise<unknown>][])(
  "rejects %s at once",
  async (_what, wrong) => {
    const { hub, calls } = backend();
    await expect(wrong(hub)).rejects.toThrow(TypeError);
    expect(calls).toEqual([]);
  },
);

it("stops a call and an export by signal", async () => {
  const { hub, calls } = backend();
  const signal = AbortSignal.abort(new Error("shutting down"));
  for (const stopped of [
    hub.user("x").list({ signal }),
    hub.topic("x").set({}, { signal }),
    all(hub.user("x").export({ signal })),
  ])
    await expect(stopped).rejects.toThrow("shutting down");
  expect(calls).toEqual([]);
});

it("reports an export that breaks off", async () => {
  const cut = new Response('{"user":"ada"}\n{"offset":1', { status: 200 });
  const hub = createHub({ url: process.url, key: API_KEY, fetch: async () => cut });
  await expect(all(hub.user("ada").export())).rejects.toThrow("broke off");
});
