// Subscribing over the user's connection: replay first, then live, for several devices and topics.

import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import { Topic } from "../../src/topic/topic.ts";
import { tokenOf } from "../support/backend.ts";
import { interceptJoin, namedTopic, namedUser, until, untilDelivered } from "../support/member.ts";
import { BOTH, connect, draft, drafts, type ObjectSocket } from "../support/object.ts";

/** A user's connection that begins with no topics. */
async function device(user: ReturnType<typeof namedUser>): Promise<ObjectSocket> {
  const socket = await connect(user.stub, "latest", { user: user.name });
  await socket.nextOf("connected");
  return socket;
}

let lastId = 0;

/** Subscribes and returns the reply. */
async function subscribe(socket: ObjectSocket, topic: string, since?: string) {
  lastId += 1;
  socket.send({ type: "subscribe", id: lastId, topic, ...(since === undefined ? {} : { since }) });
  const reply = await socket.nextOf("reply");
  expect(reply.id).toBe(lastId);
  return reply as unknown as {
    topic: string;
    epoch: string;
    offset: number;
    recovered: boolean;
    oldest: number;
  };
}

const dataOf = ({ messages }: MessagesFrame) => messages.map(({ data }) => data);

describe.each(BOTH)("a subscription of objects that are $name", ({ rest }) => {
  it("[SUB1] [SUB6] brings published messages as the topic's own frames", async () => {
    const topic = namedTopic();
    const ada = namedUser();
    const socket = await device(ada);
    const reply = await subscribe(socket, topic.name, "latest");
    expect(reply).toMatchObject({ topic: topic.name, offset: 0, recovered: true, oldest: 1 });
    expect(reply.epoch).toBe("0");
    const epochs = new Set<string>();
    for (let n = 1; n <= 3; n++) {
      await rest(ada.stub);
      await rest(topic.stub);
      await topic.stub.publish([draft(n)]);
      const frame = await socket.messages();
      expect(frame).toMatchObject({ topic: topic.name, since: n - 1, to: n });
      epochs.add(frame.epoch);
      expect(frame.counts).toBeUndefined();
      expect(dataOf(frame)).toEqual([n]);
    }
    expect([...epochs]).toEqual([expect.stringMatching(/^[a-z0-9]{10}$/)]);
    expect((await topic.stub.standing()).members).toBe(1);
  });

  it("[SUB1] ends with unsubscribe", async () => {
    const topic = namedTopic();
    const ada = namedUser();
    const socket = await device(ada);
    await subscribe(socket, topic.name);
    await rest(ada.stub);
    socket.send({ type: "unsubscribe", id: 9, topic: topic.name });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 9, changed: true });
    socket.send({ type: "unsubscribe", id: 10, topic: topic.name });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 10, changed: false });
    await topic.stub.publish([draft(1)]);
    await until(async () => (await topic.stub.standing()).members === 0);
    await socket.roundTrip();
    expect(socket.frames.filter(({ type }) => type === "messages")).toEqual([]);
  });

  it("[SUB8] ends with an error when a refresh lacks the cap, and others go on", async () => {
    const [topic, other, ada] = [namedTopic(), namedTopic(), namedUser()];
    const socket = await device(ada);
    for (const { name } of [topic, other]) await subscribe(socket, name, "latest");
    for (const { stub } of [topic, other, ada]) await rest(stub);
    const token = await tokenOf(ada.name, { [`topic:${other.name}`]: ["subscribe"] });
    socket.send({ type: "refresh", id: 9, token });
    const refused = { id: null, topic: topic.name, code: "insufficient_scope", temporary: false };
    expect(await socket.nextOf("error")).toMatchObject(refused);
    expect(await socket.nextOf("reply")).toMatchObject({ id: 9, expires_in: expect.any(Number) });
    for (const { stub } of [topic, ada]) await rest(stub);
    await topic.stub.publish([draft("secret")]);
    await until(async () => (await topic.stub.standing()).members === 0);
    await socket.roundTrip();
    expect(socket.frames.splice(0).map(({ type }) => type)).toEqual(["reply"]);
    await other.stub.publish([draft("still told")]);
    const step = await socket.messages();
    expect(step).toMatchObject({ topic: other.name, since: 0, to: 1 });
    expect(dataOf(step)).toEqual(["still told"]);
    // The subscription has ended for good: a token with the cap does not restore it.
    const back = await tokenOf(ada.name, { "topic:*": ["subscribe"] });
    socket.send({ type: "refresh", id: 10, token: back });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 10 });
    await topic.stub.publish([draft("not told")]);
    await socket.roundTrip();
    expect(socket.frames.filter(({ type }) => type !== "reply")).toEqual([]);
  });

  it("[SUB2] [SUB4] begins after a cursor, from a time on, or with a snapshot", async () => {
    const topic = namedTopic();
    const ada = namedUser();
    await topic.stub.publish(drafts(60));
    const socket = await device(ada);
    await rest(topic.stub);
    const { epoch } = await subscribe(socket, topic.name);
    const snapshot = await socket.messages();
    expect(snapshot).toMatchObject({ snapshot: true, since: null, to: 60 });
    expect(dataOf(snapshot)).toEqual(Array.from({ length: 50 }, (_, i) => 11 + i));

    expect(await subscribe(socket, topic.name, `${epoch}:57`)).toMatchObject({ recovered: true });
    const replay = await socket.messages();
    expect(replay).toMatchObject({ since: 57, to: 60 });
    expect(dataOf(replay)).toEqual([58, 59, 60]);

    expect(await subscribe(socket, topic.name, "1h")).toMatchObject({ recovered: true });
    expect(dataOf(await socket.messages())).toHaveLength(60);

    expect(await subscribe(socket, topic.name, "zzzzzzzzzz:5")).toMatchObject({ recovered: false });
    expect((await socket.messages()).snapshot).toBe(true);

    await subscribe(socket, topic.name, `${epoch}:60`);
    await topic.stub.publish([draft(61)]);
    const live = await socket.messages();
    expect(live).toMatchObject({ since: 60, to: 61 });
    expect(dataOf(live)).toEqual([61]);
  });
});

it("[SUB10] one user is replayed 32 Mi units at once, and 1 Mi more in each second", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const topic = namedTopic();
  // A little less than the size from which a snapshot is sent instead.
  const large = "x".repeat(60_000);
  await topic.stub.publish(Array.from({ length: 60 }, () => draft(large)));
  const ada = namedUser();
  const sockets = [await device(ada), await device(ada)];
  const ask = async (id: number) => {
    const socket = sockets[id % 2] as ObjectSocket;
    socket.send({ type: "subscribe", id, topic: topic.name, since: "1h" });
    await until(async () => socket.frames.some((frame) => "id" in frame && frame.id === id));
    const answer = socket.frames.find((frame) => "id" in frame && frame.id === id);
    await socket.roundTrip();
    socket.frames.length = 0;
    return answer;
  };
  const asked: string[] = [];
  for (let id = 0; id < 12; id++) asked.push((await ask(id))?.type ?? "");
  // Ten replays of 3.4 Mi are more; the last of them began while something was left.
  expect(asked).toEqual([...Array(10).fill("reply"), "error", "error"]);
  expect(await ask(12)).toMatchObject({ code: "too_many_requests" });
  await topic.stub.publish([draft("live")]);
  expect(dataOf(await (sockets[0] as ObjectSocket).messages())).toEqual(["live"]);
  vi.setSystemTime(Date.now() + 4_000);
  expect(await ask(13)).toMatchObject({ type: "reply" });
  vi.useRealTimers();
});

it("[SUB10] a connect with 40 large topics joins two at a time, until 32 Mi units are replayed", async () => {
  const messages = [`{"offset":1,"data":"${"x".repeat(3_400_000)}"}`];
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  let [joining, most, joins] = [0, 0, 0];
  const spy = vi.spyOn(Topic.prototype, "join").mockImplementation((async () => {
    joins += 1;
    joining += 1;
    most = Math.max(most, joining);
    await new Promise((resolve) => setTimeout(resolve, 0));
    joining -= 1;
    return { epoch: "e123456789", offset: 1, oldest: 1, recovered: true, since: 0, messages };
  }) as never);
  const ada = namedUser();
  const topics = Array.from({ length: 40 }, () => ({
    topic: namedTopic().name,
    since: "snapshot" as const,
  }));
  const socket = await connect(ada.stub, "latest", { user: ada.name }, topics);
  const answers = { reply: 0, error: 0 };
  while (answers.reply + answers.error < topics.length) {
    await until(async () => socket.frames.length > 0);
    for (const { type } of socket.frames.splice(0))
      if (type === "reply" || type === "error") answers[type] += 1;
  }
  spy.mockRestore();
  vi.useRealTimers();
  // Ten bring more than 32 Mi; one more may have begun before that was known.
  expect(joins).toBeLessThanOrEqual(11);
  expect(answers).toEqual({ reply: joins, error: topics.length - joins });
  expect(most).toBe(2);
});

it("[SUB3] a message published while a device joins comes after its replay, and once", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  await topic.stub.publish(drafts(2));
  const first = await device(ada);
  const { epoch } = await subscribe(first, topic.name, "latest");
  const second = await device(ada);
  let isPublished = false;
  // The topic's answer is on its way when the next message overtakes it.
  const mend = interceptJoin(topic, (own) => async (joining) => {
    const joined = await own(joining);
    while (!isPublished) await new Promise((resolve) => setTimeout(resolve, 0));
    return joined;
  });
  second.send({ type: "subscribe", id: 1, topic: topic.name, since: `${epoch}:1` });
  await topic.stub.publish([draft(3)]);
  await topic.stub.publish([draft(4)]);
  isPublished = true;
  expect(await second.nextOf("reply")).toMatchObject({ topic: topic.name });
  mend();
  await topic.stub.publish([draft(5)]);
  await untilDelivered(topic, 5);
  for (const [socket, all] of [
    [first, [3, 4, 5]],
    [second, [2, 3, 4, 5]],
  ] as const) {
    await socket.roundTrip();
    const frames = socket.frames.filter((frame) => frame.type === "messages");
    expect(frames.flatMap(dataOf)).toEqual(all);
    for (const [i, frame] of frames.entries())
      if (i > 0) expect(frame.since).toBe(frames[i - 1]?.to);
  }
});

it("[SUB5] a connect names its topics, and each is answered or refused by itself", async () => {
  const news = namedTopic();
  const jobs = namedTopic();
  const ada = namedUser();
  await news.stub.publish(drafts(3));
  const { cursor } = await news.stub.standing();
  const epoch = cursor.split(":")[0] as string;
  const caps = { [`topic:${news.name}`]: ["subscribe" as const] };
  const topics = [
    { topic: news.name, since: { epoch, offset: 1 } },
    { topic: jobs.name, since: "latest" as const },
  ];
  const socket = await connect(ada.stub, "latest", { user: ada.name, caps }, topics);
  await socket.nextOf("connected");
  await until(async () => socket.frames.length >= 3);
  const [error] = socket.frames.filter(({ type }) => type === "error");
  expect(error).toMatchObject({ id: null, topic: jobs.name, code: "insufficient_scope" });
  expect(await socket.nextOf("reply")).toMatchObject({ id: null, topic: news.name, offset: 3 });
  expect(dataOf(await socket.messages())).toEqual([2, 3]);
});

it("[SUB6] after a rest a step may come again, with the same cursor", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await device(ada);
  const { epoch } = await subscribe(socket, topic.name, "latest");
  await topic.stub.publish([draft(1)]);
  const told = await socket.messages();
  await evictDurableObject(ada.stub);
  const entry = { offset: 1, body: '"id":"1","source":"test","data":1', time: 1, expires: null };
  const entries = [{ ...entry, category: null, exclude: null }];
  const about = {
    topic: topic.name,
    epoch,
    isPublic: false,
    lost: 0,
    oldest: 1,
    live: [],
    generation: 1,
  };
  const held = await ada.stub.deliver({ ...about, since: 0, to: 1, entries });
  expect(held).toMatchObject({ offset: 1, isAnyone: true });
  expect(await socket.messages()).toMatchObject({ since: told.since, to: told.to });
  // While the inbox remembers the step, it does not send it again.
  await ada.stub.deliver({ ...about, since: 0, to: 1, entries });
  await socket.roundTrip();
  expect(socket.frames.filter(({ type }) => type === "messages")).toEqual([]);
});

it("[SUB3] [SUB6] each device gets the part of a batch that it lacks", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  const phone = await device(ada);
  await subscribe(phone, topic.name, "latest");
  await topic.stub.publish(drafts(3));
  const { epoch } = await phone.messages();
  // After the rest the inbox knows only of the second device that it has the first three.
  await evictDurableObject(ada.stub);
  const laptop = await device(ada);
  await subscribe(laptop, topic.name, "latest");
  const entries = [3, 4].map((offset) => ({
    ...{ offset, body: `"id":"${offset}","source":"test","data":${offset}`, time: 1 },
    ...{ expires: null, category: null, exclude: null },
  }));
  await ada.stub.deliver({
    ...{ topic: topic.name, epoch, isPublic: false, lost: 0, oldest: 1, live: [], generation: 1 },
    ...{ since: 2, to: 4, entries },
  });
  expect(dataOf(await phone.messages())).toEqual([3, 4]);
  expect(dataOf(await laptop.messages())).toEqual([4]);
});

it("[SUB7] a connection subscribes to a hundred topics, through every rest", async () => {
  const ada = namedUser();
  const spare = namedTopic();
  const names = [spare.name, ...Array.from({ length: 99 }, (_, n) => `n${n}-${ada.name}`)];
  const topics = names.map((topic) => ({ topic, since: "latest" as const }));
  const socket = await connect(ada.stub, "latest", { user: ada.name }, topics);
  for (let n = 0; n < 100; n++) await socket.nextOf("reply");
  await evictDurableObject(ada.stub);
  socket.send({ type: "subscribe", id: 1, topic: "one-more" });
  expect(await socket.nextOf("error")).toMatchObject({ code: "connection_limit", field: "topic" });
  await spare.stub.publish([draft("still told")]);
  expect(dataOf(await socket.messages())).toEqual(["still told"]);
});

it("[SUB7] topics that do not fit beside the caps are refused", async () => {
  const ada = namedUser();
  const long = Array.from({ length: 100 }, (_, n) => `${n}-`.padEnd(128, "x"));
  const caps = { "topic:*": ["subscribe" as const], [`topic:${"y".repeat(3_000)}*`]: [] };
  const topics = long.map((topic) => ({ topic, since: "latest" as const }));
  const socket = await connect(ada.stub, "latest", { user: ada.name, caps }, topics);
  await until(async () => socket.frames.filter(({ type }) => type !== "connected").length === 100);
  const replies = socket.frames.filter(({ type }) => type === "reply").length;
  const errors = socket.frames.filter((frame) => frame.type === "error");
  expect(replies).toBeGreaterThan(50);
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(error).toMatchObject({ code: "connection_limit" });
  await evictDurableObject(ada.stub);
  socket.send({ type: "unsubscribe", id: 1, topic: long[0] });
  expect(await socket.nextOf("reply")).toBeDefined();
});

it("[SUB1] [FOL1] several devices share one membership, and a follow goes beside it", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const [phone, laptop] = [await device(ada), await device(ada)];
  await subscribe(phone, topic.name, "latest");
  await subscribe(laptop, topic.name, "latest");
  await ada.stub.follow(topic.name, "backend");
  expect(await topic.stub.standing()).toMatchObject({ members: 1 });
  await topic.stub.publish([draft("both")]);
  await untilDelivered(topic, 1);
  for (const socket of [phone, laptop]) {
    const frames = [await socket.messages(), await socket.messages()];
    expect(frames.map((frame) => frame.topic)).toEqual([topic.name, undefined]);
    expect(frames.map(dataOf)).toEqual([["both"], ["both"]]);
  }
  await ada.stub.unfollow(topic.name, "backend");
  expect(await topic.stub.standing()).toMatchObject({ members: 1 });
  expect(await topic.stub.followers("", 10)).toEqual([]);
  await topic.stub.publish([draft("live only")]);
  expect(dataOf(await phone.messages())).toEqual(["live only"]);
});

it("[LOG10] a message that is not stored goes to connected subscribers and followers", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await device(ada);
  await subscribe(socket, topic.name, "latest");
  await ada.stub.follow(topic.name, "backend");
  await topic.stub.publish([draft("typing", { ttl: 0 })]);
  const frames = [await socket.messages(), await socket.messages()];
  expect(frames.map((frame) => [frame.topic, dataOf(frame), frame.messages[0]?.offset])).toEqual([
    [topic.name, ["typing"], null],
    [undefined, ["typing"], null],
  ]);
  expect(await topic.stub.history({ since: null, before: null, limit: 1 })).toContain(
    '"messages":[]',
  );
});
