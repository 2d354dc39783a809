// The topics of a connect join as fast as they answer and the client reads.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Joining } from "../../src/objects/member.ts";
import { topicOf } from "../../src/objects/stubs.ts";
import type { DownFrame } from "../../src/protocol/down.ts";
import { Topic } from "../../src/topic/topic.ts";
import { namedTopic, namedUser, until } from "../support/member.ts";
import { connect, draft, type ObjectSocket } from "../support/object.ts";

const MIB = 1024 * 1024;

/** Stands in for `bufferedAmount`, which this runtime lacks; `looks` counts the reads of it. */
let unsent = 0;
let looks = 0;
Object.defineProperty(WebSocket.prototype, "bufferedAmount", {
  configurable: true,
  get: () => {
    looks += 1;
    return unsent;
  },
});

/** Awaited before a topic of this name answers a join. */
let answer: (topic: string) => Promise<void>;
let joins = 0;
/** While this is true, a topic that waits for `hung` waits. */
let isHanging = true;

/** The topic itself polls: no object can resolve a promise of another. */
async function hung(): Promise<void> {
  await until(async () => !isHanging);
}

beforeEach(() => {
  isHanging = true;
  answer = async () => undefined;
  joins = 0;
  const own = Topic.prototype.join;
  vi.spyOn(Topic.prototype, "join").mockImplementation(async function (
    this: Topic,
    joining: Joining,
  ) {
    joins += 1;
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    await answer(id.name?.split("/").at(-1) ?? "");
    return own.call(this, joining);
  });
});

afterEach(() => {
  unsent = 0;
  vi.restoreAllMocks();
});

const names = (count: number) => Array.from({ length: count }, () => namedTopic().name);

async function connected(topics: string[], user = namedUser()): Promise<ObjectSocket> {
  // A cursor of another epoch, so that the topic looks for missed messages.
  const named = topics.map((topic) => ({ topic, since: { epoch: "gone", offset: 1 } }));
  const socket = await connect(user.stub, "latest", { user: user.name }, named);
  await socket.nextOf("connected");
  return socket;
}

const isAnswer = ({ type }: DownFrame) => type === "reply" || type === "error";

async function answersOf(socket: ObjectSocket, count: number): Promise<DownFrame[]> {
  await until(async () => socket.frames.filter(isAnswer).length >= count);
  return socket.frames.filter(isAnswer);
}

it("[SUB10] a topic that does not answer holds up no other, and is refused after a while", async () => {
  const topics = names(5);
  const slow = topics.slice(0, 2);
  answer = (topic) =>
    slow.includes(topic) ? new Promise<void>(() => undefined) : Promise.resolve();
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const socket = await connected(topics);
  const answers = await answersOf(socket, topics.length);
  for (const topic of topics)
    expect(answers).toContainEqual(
      expect.objectContaining(
        slow.includes(topic) ? { topic, code: "temporary" } : { topic, type: "reply" },
      ),
    );
  expect(logged.mock.calls.map(String)).toEqual(
    slow.map(() => expect.stringContaining("no answer within 3000 ms")),
  );
});

it("[SUB10] a connect's next topics wait until the client has read most of the frames", async () => {
  const topics = names(4);
  unsent = 2 * MIB;
  looks = 0;
  const socket = await connected(topics);
  await until(async () => looks > 10);
  expect(joins).toBe(0);
  unsent = MIB;
  const answers = await answersOf(socket, topics.length);
  expect(answers.every(({ type }) => type === "reply")).toBe(true);
});

it("[SUB10] [SOC5] a socket that does not read is closed, and none of its topics is asked", async () => {
  unsent = 2 * MIB;
  const socket = await connected(names(3));
  expect((await socket.nextClose()).code).toBe(4003);
  expect(joins).toBe(0);
});

it("[SUB10] while 32 MiB lie unread over all connections of an inbox, no topic is replayed", async () => {
  const ada = namedUser();
  const others = await Promise.all(Array.from({ length: 32 }, () => connected([], ada)));
  unsent = MIB;
  const [topic] = names(1) as [string];
  const socket = await connected([topic], ada);
  expect(await answersOf(socket, 1)).toMatchObject([{ topic, code: "too_many_requests" }]);
  others[0]?.ws.close();
  await others[0]?.nextClose();
  socket.send({ type: "subscribe", id: 1, topic, since: "gone:1" });
  await until(async () => socket.frames.some((frame) => "id" in frame && frame.id === 1));
  expect(socket.frames.find((frame) => "id" in frame && frame.id === 1)?.type).toBe("reply");
});

it("[SUB10] a device that waits for a turn holds up no frame of the user's other devices", async () => {
  const ada = namedUser();
  const topics = names(7);
  const [news] = topics as [string];
  const live = await connected([], ada);
  live.send({ type: "subscribe", id: 1, topic: news, since: "latest" });
  await live.nextOf("reply");
  // Six topics hang; the other device watches the seventh.
  answer = (topic) => (topic === news ? Promise.resolve() : hung());
  const slow = await connected([...topics.slice(1), news], ada);
  await until(async () => joins >= 3);
  await topicOf(env, news).publish([draft("x")]);
  expect(await live.messages()).toMatchObject({ topic: news, to: 1 });
  expect(slow.frames.filter(isAnswer)).toEqual([]);
  isHanging = false;
  // The message published meanwhile comes with the answer, once.
  await answersOf(slow, topics.length);
  await slow.roundTrip();
  const told = slow.frames.filter((frame) => frame.type === "messages" && frame.topic === news);
  expect(told).toMatchObject([{ snapshot: true, to: 1 }]);
});

it("[SUB7] an unsubscribe of a topic that waits for its turn takes effect", async () => {
  const ada = namedUser();
  const topics = names(3);
  answer = hung;
  const socket = await connected(topics, ada);
  await until(async () => joins === 2);
  socket.send({ type: "unsubscribe", id: 1, topic: topics[2] as string });
  isHanging = false;
  await until(async () => socket.frames.some((frame) => "id" in frame && frame.id === 1));
  expect(socket.frames.at(-1)).toMatchObject({ type: "reply", id: 1, changed: true });
  await topicOf(env, topics[2] as string).publish([draft("x")]);
  await socket.roundTrip();
  const told = socket.frames.filter((frame) => "topic" in frame && frame.topic === topics[2]);
  expect(told.filter(({ type }) => type === "messages").slice(1)).toEqual([]);
});
