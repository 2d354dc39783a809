// The retention of a topic: the newest messages up to a number and an age.

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Joining } from "../../src/objects/member.ts";
import { at, messagesOf, range } from "../support/inbox.ts";
import { namedTopic, namedUser, until } from "../support/member.ts";
import { BOTH, connect, draft, drafts, freshTopic } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";
import { history } from "../support/topic-object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const FULL = 1_000;
const DAY_MS = 86_400_000;
const AGE_MS = 7 * DAY_MS;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

async function offsetsOf(stub: ReturnType<typeof freshTopic>): Promise<(number | null)[]> {
  const offsets: (number | null)[] = [];
  for (let before: number | null = null; ; before = offsets[0] ?? null) {
    const { messages } = await history(stub, { before });
    offsets.unshift(...messages.map(({ offset }) => offset));
    if (messages.length < 100) return offsets;
  }
}

const epochOf = async (stub: ReturnType<typeof freshTopic>) =>
  (await history(stub)).cursor.split(":")[0] as string;

const rowsOf = (stub: ReturnType<typeof freshTopic>) =>
  runInDurableObject(stub, (_topic, { storage }) =>
    storage.sql
      .exec<{ offset: number; blank: number }>(
        "SELECT offset, body IS NULL AS blank FROM log ORDER BY offset",
      )
      .toArray(),
  );

describe.each(BOTH)("a topic that is $name", ({ rest }) => {
  it("[LOG7] gives up its oldest", async () => {
    const stub = freshTopic();
    await stub.publish(drafts(FULL));
    const live = await connect(stub, "latest");
    await live.nextOf("connected");
    await rest(stub);
    await stub.publish([draft(1001)]);
    await rest(stub);
    await stub.publish(drafts(20, 1002));
    expect(await offsetsOf(stub)).toEqual(range(22, 1021));
    const frames = await messagesOf(live);
    expect(frames.map(({ oldest, removed }) => [oldest, removed])).toEqual([
      [2, undefined],
      [22, undefined],
    ]);
    expect((await rowsOf(stub)).length).toBe(FULL);
  });

  it("[LOG7] keeps the end of a list that is longer than its limit", async () => {
    const stub = freshTopic();
    await stub.publish(drafts(5));
    await rest(stub);
    await stub.publish(drafts(FULL + 10, 6));
    expect(await offsetsOf(stub)).toEqual(range(16, FULL + 15));
  });

  it("[LOG12] [CUR6] messages that were pushed out make older cursors `recovered: false`", async () => {
    const stub = freshTopic();
    await stub.publish(drafts(FULL + 10));
    await rest(stub);
    const epoch = await epochOf(stub);
    const below = await connect(stub, at(epoch, 9));
    expect(await below.nextOf("connected")).toMatchObject({ recovered: false, oldest: 11 });
    const reached = await connect(stub, at(epoch, 10));
    expect(await reached.nextOf("connected")).toMatchObject({ recovered: true, oldest: 11 });
    expect((await messagesOf(reached)).flatMap(({ messages }) => messages)).toHaveLength(FULL);
    expect(await history(stub, { since: at(epoch, 9), limit: 1 })).toMatchObject({
      recovered: false,
      messages: [{ offset: 11 }],
    });
  });

  it("[LOG9] [LOG12] messages that had ended by their ttl before they were pushed out are no gap", async () => {
    const stub = freshTopic();
    await stub.publish([draft(1), ...range(2, 10).map((n) => draft(n, { ttl: 60 }))]);
    const epoch = await epochOf(stub);
    vi.setSystemTime(NOW + 60_000);
    await stub.publish(drafts(FULL, 11));
    await rest(stub);
    const before = await connect(stub, at(epoch, 0), { exp: null });
    expect(await before.nextOf("connected")).toMatchObject({ recovered: false });
    const after = await connect(stub, at(epoch, 1), { exp: null });
    expect(await after.nextOf("connected")).toMatchObject({ recovered: true });
    const told = (await messagesOf(after)).flatMap(({ messages }) => messages);
    expect(told.map(({ offset }) => offset)).toEqual(range(11, FULL + 10));
  });

  it("[LOG8] messages older than the age are gone, though no alarm has fired", async () => {
    const stub = freshTopic();
    await stub.publish(drafts(2));
    vi.setSystemTime(NOW + DAY_MS);
    await stub.publish([draft(3)]);
    vi.setSystemTime(NOW + AGE_MS - 1);
    expect(await offsetsOf(stub)).toEqual([1, 2, 3]);
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    expect(await offsetsOf(stub)).toEqual([3]);
    const epoch = await epochOf(stub);
    const socket = await connect(stub, at(epoch, 1), { exp: null });
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: false, oldest: 3 });
    const later = await connect(stub, at(epoch, 2), { exp: null });
    expect(await later.nextOf("connected")).toMatchObject({ recovered: true, oldest: 3 });
  });

  it("[LOG15] [LOG2] the alarm deletes aged messages, and the head stays where it is", async () => {
    const stub = freshTopic();
    await stub.publish(drafts(2));
    vi.setSystemTime(NOW + DAY_MS);
    await stub.publish([draft(3), draft(4, { ttl: 60 })]);
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect((await rowsOf(stub)).map(({ offset }) => offset)).toEqual([3, 4]);
    const epoch = await epochOf(stub);
    await rest(stub);
    expect(await stub.publish([draft(5)])).toMatchObject([{ offset: 5, epoch }]);
  });

  it("[LOG8] [LOG15] a shorter age brings an earlier alarm, which deletes messages that are too old", async () => {
    const stub = freshTopic();
    await stub.publish(drafts(2));
    const alarm = () =>
      runInDurableObject(stub, (_topic, { storage }) => storage.getAlarm()) as Promise<number>;
    expect(await alarm()).toBe(NOW + AGE_MS);
    await rest(stub);
    await stub.set({ ageMs: DAY_MS });
    expect(await alarm()).toBe(NOW + DAY_MS);
    vi.setSystemTime(NOW + DAY_MS);
    await stub.publish([draft(3)]);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect((await rowsOf(stub)).map(({ offset }) => offset)).toEqual([3]);
    // Messages beyond an even shorter age end at once.
    vi.setSystemTime(NOW + DAY_MS + 3_600_000);
    await stub.set({ ageMs: 3_600_000 });
    expect(await offsetsOf(stub)).toEqual([]);
  });

  it("[LOG15] a topic without any publish is erased by its alarm once its last watcher has left", async () => {
    const stub = freshTopic();
    const joining = { member: "user:ada", follows: false, since: "latest", unlessPublic: null };
    const tables = () =>
      runInDurableObject(stub, (_topic, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'members'").toArray(),
      );
    await stub.join(joining as Joining);
    await rest(stub);
    await stub.leave("user:ada", false);
    expect(await tables()).toHaveLength(1);
    vi.setSystemTime(NOW + DAY_MS);
    await rest(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await tables()).toEqual([]);
    // A topic that a member has joined again meanwhile is not erased.
    await stub.join(joining as Joining);
    await stub.leave("user:ada", false);
    await stub.join({ ...joining, follows: true } as Joining);
    vi.setSystemTime(NOW + 2 * DAY_MS);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect(await stub.standing()).toMatchObject({ members: 1 });
  });

  it("[LOG15] the settings of a topic stay when its messages are gone", async () => {
    const stub = freshTopic();
    await stub.set({ messagesMax: 7 });
    await stub.publish(drafts(3));
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    await rest(stub);
    expect((await rowsOf(stub)).filter(({ blank }) => blank === 0)).toEqual([]);
    expect(await stub.standing()).toMatchObject({ messagesMax: 7 });
  });

  it("[LOG15] [SOC15] a topic with nothing left is erased, and its sockets come back", async () => {
    const stub = freshTopic();
    await stub.publish(drafts(3));
    const epoch = await epochOf(stub);
    const socket = await connect(stub, "latest", { exp: null });
    await socket.nextOf("connected");
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect(await expectEnd(socket, 4001)).toEqual([]);
    const left = await runInDurableObject(stub, async (_topic, { storage }) => ({
      tables: storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'log'").toArray(),
      alarm: await storage.getAlarm(),
    }));
    expect(left).toEqual({ tables: [], alarm: null });
    const [outcome] = await stub.publish([draft("anew")]);
    expect(outcome).toMatchObject({ offset: 1 });
    expect(outcome).not.toMatchObject({ epoch });
  });
});

it("[LOG15] a topic is erased after its last watcher was found gone by a delivery", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  socket.send({ type: "subscribe", id: 1, topic: topic.name, since: "latest" });
  await socket.nextOf("reply");
  socket.ws.close();
  await socket.nextClose();
  await topic.stub.publish([draft(1)]);
  await until(async () => (await topic.stub.standing()).members === 0);
  vi.setSystemTime(NOW + AGE_MS);
  await runDurableObjectAlarm(topic.stub);
  const tables = await runInDurableObject(topic.stub, (_topic, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf_*'").toArray(),
  );
  expect(tables).toEqual([]);
});
