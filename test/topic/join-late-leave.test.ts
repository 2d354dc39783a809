// A `leave` that failed for its caller may still be executed: once the user follows again, it must not end
// the new follow.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemberStore } from "../../src/delivery/member-store.ts";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Topic } from "../../src/topic/topic.ts";
import {
  keptOf,
  type Named,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
  withholdLeaves,
} from "../support/member.ts";
import { BOTH, connect, costOf, draft, freshTopic } from "../support/object.ts";
import { meter } from "../support/object-meter.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Ends a follow by a `leave` that fails; returns a function that lets the `leave` arrive. */
async function unfollowInVain(ada: Named<Inbox>, topic: Named<Topic>) {
  const release = withholdLeaves(topic);
  const unfollowed = await runInDurableObject(ada.stub, (inbox) =>
    inbox.unfollow(topic.name, "backend").catch(String),
  );
  expect(unfollowed).toMatch("away");
  const withheld = release();
  expect(withheld).toHaveLength(1);
  return async () => {
    for (const leaving of withheld) await topic.stub.leave(...leaving);
  };
}

async function expectFollow(ada: Named<Inbox>, topic: Named<Topic>, offset: number) {
  expect(await topic.stub.followers("", 10)).toEqual([ada.name]);
  await topic.stub.publish([draft("kept")]);
  await untilDelivered(topic, offset);
  expect(await keptOf(ada, topic.name)).toContainEqual({ data: "kept", at: offset });
}

async function expectNoFollow(ada: Named<Inbox>, topic: Named<Topic>) {
  expect(await ada.stub.unfollow(topic.name, "backend")).toBe(true);
  expect(await topic.stub.followers("", 10)).toEqual([]);
  expect(await topic.stub.standing()).toMatchObject({ members: 0 });
}

describe.each(BOTH)("a leave that arrives late, with objects that are $name", ({ rest }) => {
  it("[FOL7] does not end a follow that began after it, and a later unfollow does", async () => {
    const [topic, ada] = [namedTopic(), namedUser()];
    await ada.stub.follow(topic.name, "backend");
    const arrive = await unfollowInVain(ada, topic);
    await rest(ada.stub);
    expect(await ada.stub.follow(topic.name, "backend")).toBe(true);
    await rest(topic.stub);
    await arrive();
    await rest(topic.stub);
    await expectFollow(ada, topic, 1);
    await expectNoFollow(ada, topic);
  });

  it("[FOL7] ends a follow that began before it", async () => {
    const [topic, ada] = [namedTopic(), namedUser()];
    await ada.stub.follow(topic.name, "backend");
    const arrive = await unfollowInVain(ada, topic);
    await rest(topic.stub);
    await arrive();
    expect(await topic.stub.followers("", 10)).toEqual([]);
  });
});

it("[FOL7] a late leave does not end a newer follow, though the clock steps back across a restart", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2030-05-01T10:00:00Z") });
  const [topic, ada] = [namedTopic(), namedUser()];
  await ada.stub.follow(topic.name, "backend");
  const arrive = await unfollowInVain(ada, topic);
  await evictDurableObject(ada.stub);
  vi.setSystemTime(Date.parse("2030-05-01T09:00:00Z"));
  await ada.stub.follow(topic.name, "backend");
  await evictDurableObject(topic.stub);
  await arrive();
  await evictDurableObject(ada.stub);
  await expectFollow(ada, topic, 1);
  await expectNoFollow(ada, topic);
});

it("[FOL7] an unfollow on a clock that has stepped back across a restart ends the follow", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2030-05-01T10:00:00Z") });
  const [topic, ada] = [namedTopic(), namedUser()];
  await ada.stub.follow(topic.name, "backend");
  await evictDurableObject(ada.stub);
  vi.setSystemTime(Date.parse("2030-05-01T09:00:00Z"));
  await expectNoFollow(ada, topic);
});

it("[FOL7] an erase that could not leave a topic does not end a follow that is repeated", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  await ada.stub.follow(topic.name, "backend");
  const release = withholdLeaves(topic);
  expect(await runInDurableObject(ada.stub, (inbox) => inbox.erase().catch(String))).toMatch(
    "away",
  );
  const withheld = release();
  expect(await ada.stub.follow(topic.name, "backend")).toBe(false);
  await evictDurableObject(topic.stub);
  for (const leaving of withheld) await topic.stub.leave(...leaving);
  // From there on a repeated follow writes no row.
  const counted = await meter(topic.stub);
  expect(await ada.stub.follow(topic.name, "backend")).toBe(false);
  counted.stop();
  expect(counted.written()).toBe(0);
  expect(withheld).toHaveLength(1);
  await expectFollow(ada, topic, 1);
});

it.each(BOTH)(
  "[FOL7] a leave of a subscription does not end the one after it, with a topic that is $name",
  async ({ rest }) => {
    const [topic, ada] = [namedTopic(), namedUser()];
    const socket = await connect(ada.stub, "latest", { user: ada.name });
    const ask = async (id: number, type: "subscribe" | "unsubscribe") => {
      const since = type === "subscribe" ? { since: "latest" } : {};
      socket.send({ type, id, topic: topic.name, ...since });
      await socket.nextOf("reply");
    };
    await ask(1, "subscribe");
    const release = withholdLeaves(topic);
    await ask(2, "unsubscribe");
    const withheld = release();
    expect(withheld).toHaveLength(1);
    await ask(3, "subscribe");
    await rest(topic.stub);
    for (const leaving of withheld) await topic.stub.leave(...leaving);
    await topic.stub.publish([draft("seen")]);
    expect((await socket.messages()).messages).toMatchObject([{ data: "seen" }]);
    // From there on a subscription writes no row in a topic that the user watches.
    const counted = await meter(topic.stub);
    await ask(4, "subscribe");
    counted.stop();
    expect(counted.written()).toBe(0);
    socket.ws.close();
    await socket.nextClose();
    await topic.stub.publish([draft("unseen")]);
    await until(async () => (await topic.stub.standing()).members === 0);
  },
);

it("[FOL7] a late leave ends the follow of a user who only watches by then", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  await ada.stub.follow(topic.name, "backend");
  const arrive = await unfollowInVain(ada, topic);
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  socket.send({ type: "subscribe", id: 1, topic: topic.name, since: "latest" });
  await socket.nextOf("reply");
  await arrive();
  expect(await topic.stub.followers("", 10)).toEqual([]);
  await topic.stub.publish([draft("seen")]);
  expect((await socket.messages()).messages).toMatchObject([{ data: "seen" }]);
  socket.ws.close();
});

it("[LOG16] a table of members without the time's column gets it with the first read, for one row", async () => {
  const stub = freshTopic();
  const joining = (member: string, at?: number) => ({
    member,
    follows: true,
    since: "latest" as const,
    unlessPublic: null,
    ...(at === undefined ? {} : { at, mayBeLeft: true }),
  });
  await stub.join(joining("user:ada"));
  await runInDurableObject(stub, (_topic, { storage }) => {
    storage.sql.exec("ALTER TABLE members DROP COLUMN joined_at");
  });
  await evictDurableObject(stub);
  const look = async (topic: Pick<Topic, "followers">) =>
    expect(await topic.followers("", 10)).toEqual(["ada"]);
  expect(await costOf(stub, look)).toMatchObject({ written: 1 });
  expect(await costOf(stub, look)).toMatchObject({ written: 0 });
  for (const [member, written] of [
    ["user:ada", 0],
    ["user:bob", 1],
    ["user:cy", 1],
  ] as const)
    expect(await costOf(stub, (topic) => topic.join(joining(member, written && 7)))).toMatchObject({
      written,
    });
  await evictDurableObject(stub);
  await stub.leave("user:bob", false, 6);
  await stub.leave("user:cy", false);
  // A row from before the column has no time, so any `leave` removes it.
  await stub.leave("user:ada", false, 1);
  expect(await stub.followers("", 10)).toEqual(["bob"]);
});

it("[FOL7] members that cannot be read are not mistaken for those of an old table", async () => {
  const stub = freshTopic();
  const joining = { member: "user:ada", follows: true, since: "latest" as const };
  await stub.join({ ...joining, unlessPublic: null, at: 7, mayBeLeft: true });
  await runInDurableObject(stub, (_topic, { storage }) => {
    let isBroken = true;
    const exec = (...args: Parameters<SqlStorage["exec"]>) => {
      if (isBroken && args[0].includes("FROM members")) {
        isBroken = false;
        throw new Error("no memory");
      }
      return storage.sql.exec(...args);
    };
    const store = new MemberStore({ exec } as SqlStorage);
    expect(() => store.all()).toThrow("no memory");
    expect(store.all()).toMatchObject([{ member: "user:ada", joined_at: 7 }]);
  });
});
