// Following: each message of a topic becomes a notification of each follower, once, whether a device is
// connected or not.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import type { Batch } from "../../src/objects/member.ts";
import { tokenOf } from "../support/backend.ts";
import { list, mark } from "../support/inbox.ts";
import {
  holdUntil,
  interceptDeliver,
  interceptJoin,
  keptOf,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
} from "../support/member.ts";
import { BOTH, connect, costOf, draft, drafts } from "../support/object.ts";

describe.each(BOTH)("a follower whose objects are $name", ({ rest }) => {
  it("[FOL1] has each message of the topic once, in its order, with state and counts", async () => {
    const topic = namedTopic();
    const ada = namedUser();
    await topic.stub.publish([draft("before")]);
    expect(await ada.stub.follow(topic.name, "backend")).toBe(true);
    for (let n = 1; n <= 3; n++) {
      await rest(topic.stub);
      await rest(ada.stub);
      await topic.stub.publish([draft(n)]);
      await untilDelivered(topic, n + 1);
    }
    const { notifications, counts } = await list(ada.stub);
    expect(counts).toEqual({ unread: 3, unseen: 3, total: 3 });
    expect(notifications.map((each) => [each.data, each.topic, each.topic_offset])).toEqual([
      [3, topic.name, 4],
      [2, topic.name, 3],
      [1, topic.name, 2],
    ]);
    expect(notifications[0]).toMatchObject({ read_at: null });
    const { counts: after } = await mark(ada.stub, [1], { read: true });
    expect(after).toEqual({ unread: 2, unseen: 2, total: 3 });
  });

  it("[FOL2] [FOL4] follows by frame with the cap, and stops without it", async () => {
    const [topic, other, ada] = [namedTopic(), namedTopic(), namedUser()];
    const restBoth = async () => {
      for (const { stub } of [topic, ada]) await rest(stub);
    };
    await topic.stub.publish([draft("before")]);
    const caps = { [`topic:${topic.name}`]: ["follow" as const] };
    const socket = await connect(ada.stub, "latest", { user: ada.name, caps });
    await socket.nextOf("connected");
    const ask = async (id: number, type: "follow" | "unfollow") => {
      socket.send({ type, id, topic: topic.name });
      return socket.nextOf("reply");
    };
    const told = (id: number, changed: boolean) => ({ id, topic: topic.name, changed });
    await restBoth();
    expect(await ask(1, "follow")).toMatchObject(told(1, true));
    await restBoth();
    expect(await ask(2, "follow")).toMatchObject(told(2, false));
    expect(await topic.stub.followers("", 10)).toEqual([ada.name]);
    expect(await topic.stub.standing()).toMatchObject({ members: 1 });
    socket.send({ type: "follow", id: 3, topic: other.name });
    const refused = { id: 3, code: "insufficient_scope", field: "topic" };
    expect(await socket.nextOf("error")).toMatchObject(refused);
    await restBoth();
    await topic.stub.publish([draft("kept")]);
    expect(await socket.messages()).toMatchObject({
      ...{ since: 0, to: 1, counts: { unread: 1, unseen: 1, total: 1 } },
      messages: [{ data: "kept", topic: topic.name, topic_offset: 2 }],
    });
    // An unfollow needs no cap.
    const token = await tokenOf(ada.name);
    socket.send({ type: "refresh", id: 4, token });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 4 });
    await restBoth();
    expect(await ask(5, "unfollow")).toMatchObject(told(5, true));
    await restBoth();
    expect(await ask(6, "unfollow")).toMatchObject(told(6, false));
    expect(await topic.stub.followers("", 10)).toEqual([]);
    expect(await topic.stub.standing()).toMatchObject({ members: 0 });
    await restBoth();
    await topic.stub.publish([draft("late")]);
    expect(await topic.stub.delivery(3)).toEqual({ members: 0, delivered: 0, behind: 0 });
    await socket.roundTrip();
    expect(socket.frames.filter(({ type }) => type === "messages")).toEqual([]);
    expect(await keptOf(ada, topic.name)).toEqual([{ data: "kept", at: 2 }]);
    expect(await ada.stub.following("backend")).toEqual([]);
    socket.ws.close();
  });
});

it("[FOL1] a connected device gets a topic's message as a notification of the inbox", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  await ada.stub.follow(topic.name, "backend");
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  await socket.nextOf("connected");
  await topic.stub.publish([draft("hello")]);
  const frame = await socket.messages();
  expect(frame).toMatchObject({ since: 0, to: 1, counts: { unread: 1, unseen: 1, total: 1 } });
  expect(frame.topic).toBeUndefined();
  expect(frame.messages).toMatchObject([{ data: "hello", topic: topic.name, topic_offset: 1 }]);
  socket.ws.close();
});

it("[FOL2] a second follow changes nothing, and after an unfollow nothing more comes", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  expect(await ada.stub.follow(topic.name, "backend")).toBe(true);
  expect(await ada.stub.follow(topic.name, "backend")).toBe(false);
  expect(await topic.stub.followers("", 10)).toEqual([ada.name]);
  await topic.stub.publish([draft(1)]);
  await untilDelivered(topic, 1);
  expect(await ada.stub.unfollow(topic.name, "backend")).toBe(true);
  expect(await ada.stub.unfollow(topic.name, "backend")).toBe(false);
  expect(await topic.stub.followers("", 10)).toEqual([]);
  await topic.stub.publish([draft(2)]);
  expect(await topic.stub.delivery(2)).toEqual({ members: 0, delivered: 0, behind: 0 });
  expect(await keptOf(ada, topic.name)).toEqual([{ data: 1, at: 1 }]);
  expect(await ada.stub.following("backend")).toEqual([]);
});

/** Holds the answer to each join of a topic until `mayGoOn`; `isJoining` is true once there is one. */
function holdJoins(topic: ReturnType<typeof namedTopic>) {
  const held = { isJoining: false, mayGoOn: false };
  const stop = interceptJoin(topic, (join) => async (joining) => {
    const joined = await join(joining);
    held.isJoining = true;
    await holdUntil(() => held.mayGoOn);
    return joined;
  });
  return Object.assign(held, { stop });
}

it("[FOL2] a message published before a follow is answered is kept, and the follow stays", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  const joins = holdJoins(topic);
  const followed = ada.stub.follow(topic.name, "backend");
  await until(async () => joins.isJoining);
  let isDelivering = false;
  const stop = interceptDeliver(ada, (deliver) => (batch) => {
    const held = deliver(batch);
    isDelivering = true;
    return held;
  });
  await topic.stub.publish([draft(1)]);
  await until(async () => isDelivering);
  joins.mayGoOn = true;
  expect(await followed).toBe(true);
  for (const each of [stop, joins.stop]) each();
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 2);
  expect((await keptOf(ada, topic.name)).map(({ data }) => data)).toEqual([1, 2]);
});

it("[FOL2] an unfollow ends a follow that is still under way", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  const joins = holdJoins(topic);
  const followed = ada.stub.follow(topic.name, "backend");
  await until(async () => joins.isJoining);
  const unfollowed = ada.stub.unfollow(topic.name, "backend");
  // This call comes after the unfollow: once it is answered, the unfollow has begun.
  await ada.stub.following("backend");
  joins.mayGoOn = true;
  expect(await followed).toBe(true);
  expect(await unfollowed).toBe(true);
  joins.stop();
  expect(await ada.stub.following("backend")).toEqual([]);
  expect(await topic.stub.standing()).toMatchObject({ members: 0 });
});

it("[FOL2] an unfollow without a follow removes the user from a topic that still has it", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  const joining = { follows: true, since: "latest" as const, unlessPublic: null };
  await topic.stub.join({ ...joining, member: `user:${ada.name}`, at: Date.now() - 1_000 });
  expect(await topic.stub.followers("", 10)).toEqual([ada.name]);
  expect(await ada.stub.unfollow(topic.name, "backend")).toBe(false);
  expect(await topic.stub.followers("", 10)).toEqual([]);
});

it("[FOL3] a batch that comes twice is kept once, also after a rest", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  await ada.stub.follow(topic.name, "backend");
  await topic.stub.publish(drafts(3));
  await untilDelivered(topic, 3);
  const { epoch } = await list(ada.stub).then(async () => {
    const standing = await topic.stub.standing();
    return { epoch: standing.cursor.split(":")[0] as string };
  });
  const entries = [1, 2, 3, 4].map((offset) => ({
    offset,
    body: `"id":"${offset}","source":"test","data":${offset}`,
    time: Date.now(),
    expires: null,
    category: null,
    exclude: null,
  }));
  const about = {
    topic: topic.name,
    epoch,
    isPublic: false,
    lost: 0,
    oldest: 1,
    live: [],
    generation: 1,
  };
  await evictDurableObject(ada.stub);
  const again = { ...about, since: 0, to: 3, entries: entries.slice(0, 3) };
  expect(await ada.stub.deliver(again)).toMatchObject({ offset: 3, isAnyone: true, generation: 1 });
  const overlapping = { ...about, since: 1, to: 4, entries: entries.slice(1) };
  const [first, second] = await Promise.all([
    ada.stub.deliver(overlapping),
    ada.stub.deliver(overlapping),
  ]);
  expect([first.offset, second.offset]).toEqual([4, 4]);
  expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1, 2, 3, 4]);
});

it("[FOL3] the cursor of a follow outlives the rows that carried it", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  await ada.stub.follow(topic.name, "backend");
  await topic.stub.publish(drafts(2));
  await untilDelivered(topic, 2);
  // 500 other messages, as many as an inbox keeps, push them out.
  await ada.stub.publish(drafts(500));
  await evictDurableObject(ada.stub);
  expect(await keptOf(ada, topic.name)).toEqual([]);
  const rows = await runInDurableObject(ada.stub, (_inbox, { storage }) =>
    storage.sql.exec("SELECT cursor FROM follows").toArray(),
  );
  expect(rows).toEqual([{ cursor: 2 }]);
  await topic.stub.publish([draft(3)]);
  await untilDelivered(topic, 3);
  expect(await keptOf(ada, topic.name)).toEqual([{ data: 3, at: 3 }]);
});

it("[FOL2] [LOG15] an inbox that follows is not erased, even without a message", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  await ada.stub.follow(topic.name, "backend");
  await topic.stub.publish([draft(1)]);
  await untilDelivered(topic, 1);
  await mark(ada.stub, [1], { remove: true });
  await runDurableObjectAlarm(ada.stub);
  await evictDurableObject(ada.stub);
  expect(await ada.stub.following("backend")).toEqual([topic.name]);
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 2);
  expect(await keptOf(ada, topic.name)).toEqual([{ data: 2, at: 2 }]);
});

describe("the effect of a batch on a follow", () => {
  const entry = (offset: number, data: unknown = offset, expires: number | null = null) => ({
    ...{ offset, body: `"id":"${offset}","source":"test","data":${JSON.stringify(data)}` },
    ...{ time: Date.now(), expires, category: null, exclude: null },
  });

  /** Returns a user that follows a topic and has its first three messages, and `deliver` for further ones. */
  async function followed() {
    const [topic, ada] = [namedTopic(), namedUser()];
    await ada.stub.follow(topic.name, "backend");
    await topic.stub.publish(drafts(3));
    await untilDelivered(topic, 3);
    const epoch = (await topic.stub.standing()).cursor.split(":")[0] as string;
    const about = { topic: topic.name, epoch, isPublic: false, lost: 0, oldest: 1, live: [] };
    const deliver = async (batch: Partial<Batch> & Pick<Batch, "since" | "to">) =>
      (await ada.stub.deliver({ ...about, entries: [], generation: 1, ...batch })).offset;
    const kept = async () => (await keptOf(ada, topic.name)).map(({ at }) => at);
    return { ada, topic, deliver, kept };
  }

  it("[FOL3] [DEL4] a batch that comes late, or begins too late, does not move the cursor", async () => {
    const { deliver, kept } = await followed();
    expect(await deliver({ since: 0, to: 2, entries: [entry(1), entry(2)] })).toBe(2);
    expect(await deliver({ since: 5, to: 6, entries: [entry(6)] })).toBe(3);
    expect(await deliver({ since: 2, to: 4, entries: [entry(3), entry(4)] })).toBe(4);
    expect(await kept()).toEqual([1, 2, 3, 4]);
  });

  it("[FOL6] messages that are gone become one gap, and the follow continues after it", async () => {
    const { ada, deliver, kept } = await followed();
    expect(await deliver({ since: 6, to: 7, lost: 6, entries: [entry(7)] })).toBe(7);
    expect(await deliver({ since: 7, to: 8, lost: 9 })).toBe(8);
    expect(await deliver({ since: 8, to: 9, lost: 9 })).toBe(9);
    expect(await kept()).toEqual([1, 2, 3, 6, 7, 9]);
    const gaps = (await list(ada.stub)).notifications.filter(({ type }) => type === "belfry.gap");
    expect(gaps.map(({ data }) => data)).toMatchObject([
      { since: 7, to: 9 },
      { since: 3, to: 6 },
    ]);
  });

  it("[FOL3] after a topic started over no message is skipped, and none repeated after a rest", async () => {
    const { ada, deliver, kept } = await followed();
    const anew = { epoch: "zzzzzzzzzz", since: 0 };
    // The first message had expired, so that no row carries the new epoch yet.
    expect(await deliver({ ...anew, to: 1 })).toBe(1);
    await evictDurableObject(ada.stub);
    expect(await deliver({ ...anew, to: 2, entries: [entry(2)] })).toBe(2);
    await evictDurableObject(ada.stub);
    expect(await deliver({ ...anew, to: 3, entries: [entry(2), entry(3)] })).toBe(3);
    expect(await kept()).toEqual([1, 2, 3, 2, 3]);
  });

  it("[FOL3] a live message of a topic without a log writes nothing", async () => {
    const { ada, topic, deliver } = await followed();
    const { written } = await costOf(ada.stub, (inbox) =>
      inbox.deliver({
        ...{ topic: topic.name, epoch: "0", isPublic: false, since: 0, to: 0, lost: 0, oldest: 1 },
        ...{ entries: [], live: [{ ...entry(0), offset: null }], generation: 1 },
      }),
    );
    expect(written).toBe(0);
    expect(await deliver({ since: 3, to: 4, entries: [entry(4)] })).toBe(4);
  });

  it("[FOL1] a message that could not be stored stops the follow before it", async () => {
    const { ada, deliver, kept } = await followed();
    const restore = await runInDurableObject(ada.stub, (_inbox, { storage }) => {
      const { exec } = storage.sql;
      storage.sql.exec = ((text: string, ...values: unknown[]) => {
        if (values.some((value) => String(value).includes('"data":5'))) throw new Error("no room");
        return exec.call(storage.sql, text, ...values);
      }) as typeof exec;
      return () => {
        storage.sql.exec = exec;
      };
    });
    const lines = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await deliver({ since: 3, to: 6, entries: [entry(4), entry(5), entry(6)] })).toBe(4);
    expect(lines).toHaveBeenCalled();
    lines.mockRestore();
    restore();
    expect(await deliver({ since: 4, to: 6, entries: [entry(5), entry(6)] })).toBe(6);
    expect(await kept()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("[LOG9] a message ends in the inbox when it ends in the topic", async () => {
    const { ada, deliver } = await followed();
    const expires = Date.now() + 60_000;
    await deliver({ since: 3, to: 4, entries: [entry(4, 4, expires)] });
    const [newest] = (await list(ada.stub)).notifications;
    expect(newest?.expires).toBe(new Date(expires).toISOString());
  });

  it("[FOL3] messages that expired on the way count as received, also once all rows are gone", async () => {
    const { ada, deliver, kept } = await followed();
    expect(await deliver({ since: 3, to: 5 })).toBe(5);
    await ada.stub.publish(drafts(500));
    await evictDurableObject(ada.stub);
    expect(await deliver({ since: 3, to: 6, entries: [entry(4), entry(5), entry(6)] })).toBe(6);
    expect(await kept()).toEqual([6]);
  });
});
