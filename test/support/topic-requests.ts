// The shared parts of tests of topics with followers and subscribers, over a hub in its own process.

import { expect } from "vitest";
import type { Action, Caps } from "../../src/protocol/caps.ts";
import type { MessagesFrame, ReplyFrame } from "../../src/protocol/down.ts";
import type { InboxMessage, LogMessage } from "../../src/protocol/message.ts";
import { inbox, messages } from "./attack.ts";
import { bearer, call, tokenOf } from "./backend.ts";
import { type Arrived, TestSocket } from "./socket.ts";

export const topicPath = (topic: string) => `/v1/topics/${topic}`;
export const followsOf = (user: string) => `/v1/users/${user}/follows`;
export const followPath = (user: string, topic: string) => `${followsOf(user)}/${topic}`;

/** Returns caps that allow the actions on each of the topics. */
export const may = (topics: string[], ...actions: Action[]): Caps =>
  Object.fromEntries(topics.map((topic) => [`topic:${topic}`, actions]));

export const dataOf = (kept: LogMessage[]) => kept.map(({ data }) => data);

/** Publishes one message for each of the data, in order; returns the place of the last one. */
export async function say(url: string, topic: string, ...data: unknown[]) {
  const list = data.map((each) => ({ notification: { title: "t" }, data: each }));
  const { status, json } = await call(url, "POST", messages(topic), list);
  expect([status, json.failed]).toEqual([200, 0]);
  const { epoch, offset } = json.results.at(-1) as { epoch: string; offset: number };
  return { epoch, offset, cursor: `${epoch}:${offset}` };
}

export async function follow(url: string, user: string, topic: string): Promise<void> {
  expect((await call(url, "PUT", followPath(user, topic))).status).toBe(201);
}

/** Waits until every member of the topic has the message; each check lets the hub work. */
export async function untilDelivered(url: string, topic: string, offset: number) {
  for (let look = 0; look < 2_000; look++) {
    const { json } = await call(url, "GET", `${messages(topic)}/${offset}/delivery`);
    if (json.behind === 0) return json as { members: number; delivered: number; behind: number };
  }
  throw new Error(`the message at ${offset} of ${topic} did not reach every member`);
}

/** Returns data and topic offset of the inbox's messages of a topic, in the inbox's order. */
export async function keptOf(url: string, user: string, topic: string) {
  const { json } = await call(url, "GET", `${inbox(user)}?state=all`);
  return (json.notifications as InboxMessage[])
    .filter((each) => each.topic === topic)
    .map(({ data, topic_offset }) => ({ data, at: topic_offset }))
    .reverse();
}

/** Connects a device of the user to the inbox; returns it with the place in `connected`. */
export async function device(url: string, user: string, caps: Caps, query = "since=latest") {
  const headers = bearer(await tokenOf(user, caps));
  const socket = new TestSocket(url, `/v1/connect?${query}`, { headers });
  const { connection, epoch, offset } = await socket.nextOf("connected");
  return { socket, connection, cursor: `${epoch}:${offset}` };
}

/** Sends a frame and returns its answer; drops the frames before it. */
export async function ask(socket: TestSocket, frame: Record<string, unknown>) {
  const id = crypto.randomUUID();
  socket.send({ id, ...frame });
  for (;;) {
    const arrived = await socket.next();
    if (arrived.type === "closed") throw new Error(`closed with ${arrived.code}`);
    if ((arrived.type === "reply" || arrived.type === "error") && arrived.id === id) return arrived;
  }
}

export const subscribe = (socket: TestSocket, topic: string, since?: string) =>
  ask(socket, { type: "subscribe", topic, ...(since === undefined ? {} : { since }) });

/** Returns the frames that were not taken yet, up to the answer to one more frame. */
export async function rest(socket: TestSocket): Promise<Arrived[]> {
  const id = crypto.randomUUID();
  socket.send({ type: "history", id, limit: 1 });
  const found: Arrived[] = [];
  for (;;) {
    const arrived = await socket.next();
    if (arrived.type === "reply" && arrived.id === id) return found;
    if (arrived.type === "closed") throw new Error(`closed with ${arrived.code}`);
    found.push(arrived);
  }
}

/** Returns the `messages` frames of one topic or, with null, of the inbox. */
export const stepsOf = (arrived: Arrived[], topic: string | null): MessagesFrame[] =>
  arrived.filter(
    (each): each is MessagesFrame => each.type === "messages" && (each.topic ?? null) === topic,
  );

/** Waits for so many answers to the topics of a connect; returns them by topic. */
export async function answersOf(socket: TestSocket, count: number) {
  const answers = new Map<string, Arrived>();
  while (answers.size < count) {
    const arrived = await socket.next();
    if (arrived.type === "closed") throw new Error(`closed with ${arrived.code}`);
    if (arrived.type === "reply" || arrived.type === "error")
      answers.set(String((arrived as ReplyFrame).topic), arrived);
  }
  return answers;
}

export const followersOf = (topic: string) => `${topicPath(topic)}/followers`;

/** Checks that the user follows these topics, and no others. */
export async function expectFollows(url: string, user: string, ...topics: string[]) {
  const { json } = await call(url, "GET", followsOf(user));
  expect(json).toEqual({ follows: topics.map((topic) => ({ topic })) });
}

/** Checks that the topic has no member, and that nothing was published to it. */
export async function expectUnknown(url: string, topic: string): Promise<void> {
  expect((await call(url, "GET", topicPath(topic))).json).toMatchObject({
    ...{ access: "token", messages_max: 1000, age_days: 7, cursor: "0:0", members: 0 },
  });
}
