// The limit on the joins of a user: the calls that count, those that do not, and the callers without a limit.

import { evictDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import type { DownFrame } from "../../src/protocol/down.ts";
import { namedTopic, namedUser, until } from "../support/member.ts";
import { connect, costOf, type ObjectSocket } from "../support/object.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const CAPS = { "topic:*": ["subscribe", "follow"] as ("subscribe" | "follow")[] };

const names = (count: number) => Array.from({ length: count }, () => namedTopic().name);

/** Connects with topics, waits for all answers, and returns them with the socket. */
async function connectedWith(user: ReturnType<typeof namedUser>, topics: string[]) {
  const named = topics.map((topic) => ({ topic, since: "latest" as const }));
  const socket = await connect(user.stub, "latest", { user: user.name, caps: CAPS }, named);
  await socket.nextOf("connected");
  const isAnswer = ({ type }: DownFrame) => type === "reply" || type === "error";
  await until(async () => socket.frames.filter(isAnswer).length === topics.length);
  const answers = socket.frames.filter(isAnswer);
  socket.frames.length = 0;
  return { socket, answers };
}

async function ask(socket: ObjectSocket, type: string, topic: string): Promise<DownFrame> {
  socket.send({ type, id: 1, topic, since: "latest" });
  await until(async () => socket.frames.length > 0);
  return socket.frames.shift() as DownFrame;
}

const REFUSED = { type: "error", code: "too_many_requests", temporary: true };

/** A clock that stands still, so long after the inbox woke that its whole allowance is there. */
async function standingClock(user: ReturnType<typeof namedUser>) {
  const woken = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(woken);
  await connectedWith(user, names(1));
  clock.mockReturnValue(woken + 300_000);
  return { clock, start: woken + 300_000 };
}

it("[SUB11] the 301st join is refused for its topic alone, and a second later one passes", {
  timeout: 60_000,
}, async () => {
  const ada = namedUser();
  const { clock, start } = await standingClock(ada);
  const first = names(100);
  const { answers } = await connectedWith(ada, first);
  expect(answers.every(({ type }) => type === "reply")).toBe(true);
  for (let n = 0; n < 2; n++) await connectedWith(ada, names(100));
  const [one, other] = names(2) as [string, string];
  const { socket, answers: more } = await connectedWith(ada, [first[0] as string, one]);
  expect(more).toContainEqual(expect.objectContaining({ ...REFUSED, topic: one }));
  expect(more).toContainEqual(expect.objectContaining({ type: "reply", topic: first[0] }));
  const asker = { iat: start / 1000 };
  const refused = { code: "too_many_requests" };
  expect(await ask(socket, "subscribe", one)).toMatchObject(REFUSED);
  expect(await ask(socket, "follow", one)).toMatchObject(REFUSED);
  expect(await ask(socket, "unfollow", one)).toMatchObject(REFUSED);
  expect(await ada.stub.follow(one, asker)).toMatchObject(refused);
  expect(await ada.stub.unfollow(one, asker)).toMatchObject(refused);
  expect(await ada.stub.follow(other, "backend")).toBe(true);
  expect(await ada.stub.follow(other, asker)).toBe(false);
  expect(await ask(socket, "subscribe", other)).toMatchObject({ type: "reply" });
  expect(await ada.stub.unfollow(other, asker)).toBe(true);
  clock.mockReturnValue(start + 1_000);
  expect(await ask(socket, "follow", one)).toMatchObject({ type: "reply", changed: true });
  expect(await ask(socket, "follow", names(1)[0] as string)).toMatchObject(REFUSED);
});

it("[SUB11] a device that comes back to its topics, or a second one, is not counted", {
  timeout: 60_000,
}, async () => {
  const start = Date.now();
  vi.spyOn(Date, "now").mockReturnValue(start);
  const ada = namedUser();
  const topics = names(100);
  const isReply = ({ type }: DownFrame) => type === "reply";
  const second = await connectedWith(ada, topics);
  for (let n = 0; n < 5; n++) {
    const { socket, answers } = await connectedWith(ada, topics);
    expect(answers.every(isReply)).toBe(true);
    socket.ws.close();
    await socket.nextClose();
  }
  second.socket.ws.close();
  await second.socket.nextClose();
  const { answers } = await connectedWith(ada, topics);
  expect(answers.every(isReply)).toBe(true);
});

it("[SUB11] a follow pays for its end, and each new follow of one topic is counted", {
  timeout: 60_000,
}, async () => {
  const ada = namedUser();
  const { start } = await standingClock(ada);
  const asker = { iat: start / 1000 };
  const topic = namedTopic().name;
  for (let n = 0; n < 300; n++) {
    expect(await ada.stub.follow(topic, asker)).toBe(true);
    expect(await ada.stub.unfollow(topic, asker)).toBe(true);
  }
  const refused = { code: "too_many_requests", field: "topic" };
  expect(await ada.stub.follow(topic, asker)).toMatchObject(refused);
});

it("[SUB11] after a rest one connection's topics join at once, ten more, and then one a second", {
  timeout: 60_000,
}, async () => {
  const ada = namedUser();
  const { clock, start } = await standingClock(ada);
  await evictDurableObject(ada.stub);
  for (const topics of [names(100), names(10)]) {
    const { answers } = await connectedWith(ada, topics);
    expect(answers.every(({ type }) => type === "reply")).toBe(true);
  }
  const [one, other] = names(2) as [string, string];
  expect((await connectedWith(ada, [one])).answers).toMatchObject([REFUSED]);
  clock.mockReturnValue(start + 1_000);
  expect((await connectedWith(ada, [other])).answers).toMatchObject([{ type: "reply" }]);
});

it("[SUB11] the allowance that is left for follows is kept across rests, and costs no row", {
  timeout: 60_000,
}, async () => {
  const ada = namedUser();
  const { clock, start } = await standingClock(ada);
  const asker = { iat: start / 1000 };
  const topic = namedTopic().name;
  for (let n = 0; n < 300; n++) {
    if (n % 50 === 49) await evictDurableObject(ada.stub);
    expect(await ada.stub.follow(topic, asker)).toBe(true);
    await ada.stub.unfollow(topic, asker);
  }
  await evictDurableObject(ada.stub);
  expect(await ada.stub.follow(topic, asker)).toMatchObject({ code: "too_many_requests" });
  expect(await ada.stub.follow(topic, "backend")).toBe(true);
  await ada.stub.unfollow(topic, "backend");
  clock.mockReturnValue(start + 4_000);
  const { written } = await costOf(ada.stub, (inbox) => inbox.follow(topic, asker));
  // The follow's own row, and the checkpoint.
  expect(written).toBe(2);
});
