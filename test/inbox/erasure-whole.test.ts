// An erase happens completely or not at all, reaches every topic, and no work that began before it
// restores anything.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import { Topic } from "../../src/topic/topic.ts";
import { list, publish } from "../support/inbox.ts";
import {
  holdUntil,
  interceptJoin,
  namedTopic,
  namedUser,
  until,
  withholdLeaves,
} from "../support/member.ts";
import { BOTH, connect, draft, drafts } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const SECOND = NOW / 1000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Runs an erase in which statements with this beginning fail, as after a crash before them. */
function eraseInVain(stub: DurableObjectStub<Inbox>, statement: string): Promise<string> {
  return runInDurableObject(stub, async (inbox, { storage }) => {
    const { exec } = storage.sql;
    storage.sql.exec = ((text: string, ...values: unknown[]) => {
      if (text.startsWith(statement)) throw new Error("no room");
      return exec.call(storage.sql, text, ...values);
    }) as typeof exec;
    try {
      return await inbox.erase().then(
        () => "erased",
        (cause) => String(cause),
      );
    } finally {
      storage.sql.exec = exec;
    }
  });
}

/** Holds each `leave` of a topic after its call, until `mayGoOn` is true. */
function holdLeaves() {
  const { leave } = Topic.prototype;
  const held = { called: 0, mayGoOn: false };
  vi.spyOn(Topic.prototype, "leave").mockImplementation(async function (this: Topic, ...args) {
    held.called += 1;
    await holdUntil(() => held.mayGoOn);
    await leave.apply(this, args);
  } as typeof leave);
  return held;
}

const membersOf = async (topic: ReturnType<typeof namedTopic>) =>
  (await topic.stub.standing()).members;

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[LOG14] [CON8] an erase that fails half-way leaves messages and revocation as they were", async () => {
    const ada = namedUser();
    await ada.stub.publish(drafts(3));
    await ada.stub.disconnect(false, SECOND);
    await rest(ada.stub);
    expect(await eraseInVain(ada.stub, "INSERT OR REPLACE INTO checkpoint")).toMatch("no room");
    await rest(ada.stub);
    expect(await ada.stub.revokes(SECOND - 1)).toBe(true);
    expect((await list(ada.stub)).notifications).toHaveLength(3);
    await ada.stub.erase();
    await rest(ada.stub);
    expect(await ada.stub.revokes(SECOND - 1)).toBe(true);
    expect((await list(ada.stub)).notifications).toEqual([]);
  });

  it("[LOG14] leaves neither a table of a message or an id nor an alarm beside a revocation", async () => {
    const [ada, topic] = [namedUser(), namedTopic()];
    await ada.stub.follow(topic.name, "backend");
    await publish(ada.stub, draft("named", { id: "n" }));
    await ada.stub.disconnect(false, SECOND);
    await rest(ada.stub);
    await ada.stub.erase();
    const left = await runInDurableObject(ada.stub, async (_inbox, { storage }) => ({
      tables: storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'")
        .toArray()
        .map(({ name }) => name)
        .sort(),
      rows: storage.sql.exec("SELECT count(*) AS rows FROM log").one(),
      alarm: await storage.getAlarm(),
    }));
    const tables = ["checkpoint", "log", "migrations"];
    expect(left).toEqual({ tables, rows: { rows: 0 }, alarm: null });
    // The next life is like any other: it sets an alarm of its own.
    expect(await publish(ada.stub, draft("new"))).toMatchObject({ offset: 1 });
    await until(() =>
      runInDurableObject(
        ada.stub,
        async (_inbox, { storage }) => (await storage.getAlarm()) !== null,
      ),
    );
  });

  it("[LOG14] a revocation that arrives while the erase leaves the topics stays in force", async () => {
    const [ada, topic] = [namedUser(), namedTopic()];
    await ada.stub.follow(topic.name, "backend");
    await rest(ada.stub);
    const leaves = holdLeaves();
    const erased = ada.stub.erase();
    await until(async () => leaves.called === 1);
    await ada.stub.disconnect(false, SECOND);
    leaves.mayGoOn = true;
    await erased;
    await rest(ada.stub);
    expect(await ada.stub.revokes(SECOND - 1)).toBe(true);
  });

  it("[LOG14] an erase takes the user out of topics that a device subscribed to", async () => {
    const [ada, topic, other] = [namedUser(), namedTopic(), namedTopic()];
    await topic.stub.publish(drafts(1));
    const named = [{ topic: topic.name, since: "latest" as const }];
    const socket = await connect(ada.stub, "latest", {}, named);
    expect(await socket.nextOf("reply")).toMatchObject({ topic: topic.name });
    socket.send({ type: "subscribe", id: 1, topic: other.name });
    await socket.nextOf("reply");
    expect([await membersOf(topic), await membersOf(other)]).toEqual([1, 1]);
    await rest(ada.stub);
    await ada.stub.erase();
    await expectEnd(socket, 4503);
    for (const { stub } of [topic, other]) await evictDurableObject(stub);
    expect([await membersOf(topic), await membersOf(other)]).toEqual([0, 0]);
  });

  it("[LOG14] a topic that could not be left is left when the erase is repeated", async () => {
    const [ada, topic] = [namedUser(), namedTopic()];
    const socket = await connect(ada.stub, "latest", {}, [{ topic: topic.name, since: "latest" }]);
    await socket.nextOf("reply");
    await rest(ada.stub);
    const spy = vi.spyOn(Topic.prototype, "leave").mockRejectedValue(new Error("away"));
    const failed = await runInDurableObject(ada.stub, (inbox) => inbox.erase().catch(String));
    expect(failed).toMatch("away");
    await expectEnd(socket, 4503);
    spy.mockRestore();
    await ada.stub.erase();
    expect(await membersOf(topic)).toBe(0);
  });

  it("[LOG14] after a failed erase only a topic that could not be left is followed, and others can be again", async () => {
    const [ada, left, stuck] = [namedUser(), namedTopic(), namedTopic()];
    for (const { name } of [left, stuck]) await ada.stub.follow(name, "backend");
    await rest(ada.stub);
    const release = withholdLeaves(stuck);
    const failed = await runInDurableObject(ada.stub, (inbox) => inbox.erase().catch(String));
    expect(failed).toMatch("away");
    release();
    expect(await ada.stub.following("backend")).toEqual([stuck.name]);
    expect([await membersOf(left), await membersOf(stuck)]).toEqual([0, 1]);
    expect(await ada.stub.follow(left.name, "backend")).toBe(true);
    expect(await membersOf(left)).toBe(1);
  });

  it.each([
    ["not JSON", "no checkpoint at all"],
    ["too short", "[1]"],
    ["of no shape", "{}"],
  ])(
    "[LOG14] a user whose checkpoint is %s is erased all the same, and earlier tokens are revoked",
    async (_, text) => {
      const [ada, topic] = [namedUser(), namedTopic()];
      await ada.stub.publish(drafts(3));
      await ada.stub.follow(topic.name, "backend");
      await ada.stub.disconnect(false, SECOND - 10);
      await runInDurableObject(ada.stub, (_inbox, { storage }) => {
        storage.sql.exec("UPDATE log SET checkpoint = ?", text);
      });
      await evictDurableObject(ada.stub);
      const lines = vi.spyOn(console, "error").mockImplementation(() => undefined);
      await ada.stub.erase();
      expect(lines.mock.calls.flat().join()).toMatch('"event":"erased_unread"');
      await rest(ada.stub);
      expect(await list(ada.stub)).toMatchObject({ notifications: [], cursor: "0:0" });
      expect([await ada.stub.revokes(SECOND - 1), await ada.stub.revokes(SECOND)]).toEqual([
        true,
        false,
      ]);
      expect(await membersOf(topic)).toBe(0);
      expect(await ada.stub.following("backend")).toEqual([]);
      expect(await publish(ada.stub, draft("new"))).toMatchObject({ offset: 1 });
    },
  );
});

describe("a race with an erase", () => {
  it("[LOG14] a device that connects meanwhile subscribes to nothing", async () => {
    const [ada, topic, other] = [namedUser(), namedTopic(), namedTopic()];
    await ada.stub.follow(topic.name, "backend");
    const leaves = holdLeaves();
    const erased = ada.stub.erase();
    await until(async () => leaves.called === 1);
    const named = [topic, other].map(({ name }) => ({ topic: name, since: "latest" as const }));
    const socket = await connect(ada.stub, "latest", {}, named);
    for (const { topic } of named)
      expect(await socket.nextOf("error")).toMatchObject({ topic, code: "temporary" });
    leaves.mayGoOn = true;
    await erased;
    await expectEnd(socket, 4503);
    expect([await membersOf(topic), await membersOf(other)]).toEqual([0, 0]);
  });

  it("[LOG14] a follow that waits for a leave does not take effect after the erase", async () => {
    const [ada, topic] = [namedUser(), namedTopic()];
    await ada.stub.follow(topic.name, "backend");
    const leaves = holdLeaves();
    const unfollowed = ada.stub.unfollow(topic.name, "backend");
    await until(async () => leaves.called === 1);
    const waiting = ada.stub.follow(topic.name, "backend");
    // The answer to this later call shows that the follow has begun.
    await ada.stub.following("backend");
    const erased = ada.stub.erase();
    await ada.stub.following("backend");
    leaves.mayGoOn = true;
    expect(await unfollowed).toBe(true);
    await erased;
    expect(await waiting).toMatchObject({ code: "temporary" });
    expect(await ada.stub.following("backend")).toEqual([]);
    expect(await membersOf(topic)).toBe(0);
    expect(await ada.stub.follow(topic.name, "backend")).toBe(true);
  });

  it("[LOG14] a subscribe that waits for a leave does not take effect after the erase", async () => {
    const [ada, topic] = [namedUser(), namedTopic()];
    const [phone, laptop] = [await connect(ada.stub, "latest"), await connect(ada.stub, "latest")];
    phone.send({ type: "subscribe", id: 1, topic: topic.name });
    await phone.nextOf("reply");
    const leaves = holdLeaves();
    phone.send({ type: "unsubscribe", id: 2, topic: topic.name });
    await until(async () => leaves.called === 1);
    laptop.send({ type: "subscribe", id: 1, topic: topic.name });
    // The answer to a later frame of another device shows that the subscribe has begun.
    const desktop = await connect(ada.stub, "latest");
    await desktop.roundTrip();
    // The erase leaves the topic as well, since the first leave has not ended.
    const erased = ada.stub.erase();
    await until(async () => leaves.called === 2);
    let joins = 0;
    const restore = interceptJoin(topic, (join) => (joining) => {
      joins += 1;
      return join(joining);
    });
    leaves.mayGoOn = true;
    await erased;
    await until(async () => (await membersOf(topic)) === 0);
    for (let n = 0; n < 5; n++) await ada.stub.following("backend");
    restore();
    expect([joins, await membersOf(topic)]).toEqual([0, 0]);
  });

  it.each(["follow", "subscribe"])("[LOG14] a %s that is in flight is undone", async (how) => {
    const [ada, topic] = [namedUser(), namedTopic()];
    const socket = await connect(ada.stub, "latest");
    await socket.nextOf("connected");
    let [isJoining, mayJoin] = [false, false];
    const restore = interceptJoin(topic, (join) => async (joining) => {
      const joined = await join(joining);
      isJoining = true;
      await holdUntil(() => mayJoin);
      return joined;
    });
    const followed = how === "follow" ? ada.stub.follow(topic.name, "backend") : null;
    if (how === "subscribe") socket.send({ type: "subscribe", id: 1, topic: topic.name });
    await until(async () => isJoining);
    const erased = ada.stub.erase();
    await expectEnd(socket, 4503);
    mayJoin = true;
    await followed;
    await erased;
    restore();
    expect(await ada.stub.following("backend")).toEqual([]);
    expect(await membersOf(topic)).toBe(0);
    await topic.stub.publish([draft("later")]);
    expect((await list(ada.stub)).notifications).toEqual([]);
  });

  it("[LOG14] a delivery that arrives while the erase leaves the topics restores nothing", async () => {
    const [ada, topic, other] = [namedUser(), namedTopic(), namedTopic()];
    for (const { name } of [topic, other]) await ada.stub.follow(name, "backend");
    const leaves = holdLeaves();
    const erased = ada.stub.erase();
    await until(async () => leaves.called === 2);
    await topic.stub.publish([draft("between")]);
    await until(async () => (await list(ada.stub)).notifications.length === 1);
    leaves.mayGoOn = true;
    await erased;
    await topic.stub.publish([draft("after")]);
    expect((await list(ada.stub)).notifications).toEqual([]);
    expect([await membersOf(topic), await membersOf(other)]).toEqual([0, 0]);
  });
});

it("[LOG14] an erase also leaves a topic whose connection has closed", async () => {
  const [ada, bob, topic] = [namedUser(), namedUser(), namedTopic()];
  await bob.stub.follow(topic.name, "backend");
  const named = [{ topic: topic.name, since: "latest" as const }];
  const socket = await connect(ada.stub, "latest", { user: ada.name }, named);
  await socket.nextOf("reply");
  socket.ws.close();
  await socket.nextClose();
  expect((await topic.stub.standing()).members).toBe(2);
  await ada.stub.erase();
  expect((await topic.stub.standing()).members).toBe(1);
});
