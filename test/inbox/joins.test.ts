// The topics that a connect names join as fast as their topics answer and their reader reads.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { DownFrame } from "../../src/protocol/down.ts";
import type { Joining } from "../../src/topic/join.ts";
import { Topic } from "../../src/topic/topic.ts";
import { namedTopic, namedUser, until } from "../support/member.ts";
import { connect, type ObjectSocket } from "../support/object.ts";

const MIB = 1024 * 1024;

/** Stands for `bufferedAmount`, which this runtime has not yet; and how often it was looked at. */
let unsent = 0;
let looks = 0;
Object.defineProperty(WebSocket.prototype, "bufferedAmount", {
  configurable: true,
  get: () => {
    looks += 1;
    return unsent;
  },
});

/** What a topic answers to a joining, by its name; none answers with what it has. */
let answer: (topic: string) => Promise<void>;
let joins = 0;

beforeEach(() => {
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
  const named = topics.map((topic) => ({ topic, since: "latest" as const }));
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
  const hung = topics.slice(0, 2);
  answer = (topic) =>
    hung.includes(topic) ? new Promise<void>(() => undefined) : Promise.resolve();
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const socket = await connected(topics);
  const answers = await answersOf(socket, topics.length);
  for (const topic of topics)
    expect(answers).toContainEqual(
      expect.objectContaining(
        hung.includes(topic) ? { topic, code: "temporary" } : { topic, type: "reply" },
      ),
    );
  expect(logged.mock.calls.map(String)).toEqual(
    hung.map(() => expect.stringContaining("no answer within 3000 ms")),
  );
});

it("[SUB10] a connect's next topics wait until most of what was sent is read", async () => {
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

it("[SUB10] [SOC5] who does not read is closed, and none of its topics is asked", async () => {
  unsent = 2 * MIB;
  const socket = await connected(names(3));
  expect((await socket.nextClose()).code).toBe(4003);
  expect(joins).toBe(0);
});

it("[SUB10] where 32 MiB lie unread by all connections of an inbox, none is replayed more", async () => {
  const ada = namedUser();
  const others = await Promise.all(Array.from({ length: 32 }, () => connected([], ada)));
  unsent = MIB;
  const [topic] = names(1) as [string];
  const socket = await connected([topic], ada);
  expect(await answersOf(socket, 1)).toMatchObject([{ topic, code: "too_many_requests" }]);
  others[0]?.ws.close();
  await others[0]?.nextClose();
  socket.send({ type: "subscribe", id: 1, topic, since: "latest" });
  await until(async () => socket.frames.some((frame) => "id" in frame && frame.id === 1));
  expect(socket.frames.at(-1)).toMatchObject({ type: "reply", id: 1 });
});
