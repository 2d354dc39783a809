// A topic and the sockets that watch it alone. The tests run on a topic that answers from memory and on one
// that was evicted and answers from its rows.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { inboxOf, topicOf } from "../../src/objects/stubs.ts";
import { FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";
import { at, messagesOf, publish, range } from "../support/inbox.ts";
import { BOTH, connect, draft, drafts, freshTopic } from "../support/object.ts";
import { history } from "../support/topic-object.ts";

const fresh = () => `t-${crypto.randomUUID()}`;

/** Returns a topic with that many messages; the `data` of each is its offset. */
async function filled(count: number) {
  const name = fresh();
  const stub = topicOf(env, name);
  await stub.publish(drafts(count));
  return { name, stub, epoch: (await history(stub)).cursor.split(":")[0] as string };
}

describe.each(BOTH)("a topic that is $name", ({ rest }) => {
  it("[TOP1] a publish over a socket names the user as its source", async () => {
    const { name, stub } = await filled(1);
    const caps = { [`topic:${name}`]: ["publish" as const] };
    const socket = await connect(stub, "latest", { user: "eve", source: "user:eve", caps });
    await socket.nextOf("connected");
    await rest(stub);
    socket.send({ type: "publish", id: 6, message: { id: "m1", data: { n: 1 } } });
    const frame = await socket.messages();
    expect(frame.messages).toMatchObject([
      { offset: 2, id: "m1", source: "user:eve", data: { n: 1 } },
    ]);
    const message = { id: "m1", offset: 2, epoch: frame.epoch, duplicate: false };
    expect(await socket.nextOf("reply")).toEqual({ type: "reply", id: 6, message });
    await rest(stub);
    socket.send({ type: "publish", id: 7, message: { id: "m1", data: { n: 1 } } });
    const repeated = { ...message, duplicate: true };
    expect(await socket.nextOf("reply")).toEqual({ type: "reply", id: 7, message: repeated });
    socket.send({ type: "publish", id: 8, message: { id: "m1", data: { n: 2 } } });
    expect(await socket.nextOf("error")).toMatchObject({ id: 8, code: "idempotency_mismatch" });
  });

  it.each([
    { what: "no cap at all", caps: {} },
    { what: "only subscribe", caps: { "topic:*": ["subscribe" as const] } },
    { what: "publish elsewhere", caps: { "topic:elsewhere": ["publish" as const] } },
  ])("[TOP1] with $what a publish over a socket is refused", async ({ caps }) => {
    const { stub } = await filled(1);
    const socket = await connect(stub, "latest", { caps });
    await socket.nextOf("connected");
    await rest(stub);
    socket.send({ type: "publish", id: 1, message: { data: 1 } });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "insufficient_scope" });
    expect((await history(stub)).messages).toHaveLength(1);
  });

  it("[TOP1] [CON8] a revoked token's socket publishes no more", async () => {
    const user = fresh();
    const { stub } = await filled(1);
    const iat = Math.floor(Date.now() / 1000);
    const socket = await connect(stub, "latest", { user, source: `user:${user}`, iat });
    await socket.nextOf("connected");
    await rest(stub);
    await inboxOf(env, user).disconnect(false, iat + 1);
    socket.send({ type: "publish", id: 1, message: { data: 1 } });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "invalid_token" });
    expect((await history(stub)).messages).toHaveLength(1);
  });

  it("[TOP1] a topic's socket publishes to another topic where its caps allow it", async () => {
    const { stub } = await filled(1);
    const other = fresh();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    socket.send({ type: "publish", id: 1, topic: other, message: { data: "there" } });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 1, message: { offset: 1 } });
    expect((await history(topicOf(env, other))).messages).toMatchObject([{ data: "there" }]);
    expect((await history(stub)).messages).toHaveLength(1);
  });

  it("[TOP3] every frame of a topic names it", async () => {
    const { name, stub, epoch } = await filled(3);
    await rest(stub);
    const socket = await connect(stub);
    expect(await socket.nextOf("connected")).toMatchObject({ topic: name, epoch, offset: 3 });
    expect(await socket.messages()).toMatchObject({ topic: name, snapshot: true });
    await rest(stub);
    await stub.publish([draft(4)]);
    expect(await socket.messages()).toMatchObject({ topic: name, since: 3, to: 4 });
    const resumed = await connect(stub, at(epoch, 1));
    expect(await resumed.nextOf("connected")).toMatchObject({ topic: name, recovered: true });
    expect(await resumed.messages()).toMatchObject({ topic: name, since: 1, to: 4 });
  });

  it("[TOP4] a topic's messages have no state: a mark is an error", async () => {
    const { stub, epoch } = await filled(2);
    const socket = await connect(stub);
    const { messages, counts } = await socket.messages();
    const members = ["offset", "time", "id", "source", "notification", "data"];
    expect(Object.keys(messages[0] ?? {})).toEqual(members);
    expect(counts).toBeUndefined();
    await rest(stub);
    for (const type of ["read", "seen", "unread", "archive", "unarchive", "delete"]) {
      socket.send({ type, id: type, epoch, offsets: [1] });
      expect(await socket.nextOf("error")).toMatchObject({ id: type, code: "bad_request" });
    }
    expect((await history(stub)).cursor).toBe(`${epoch}:2`);
  });

  it("[CUR1] [CUR2] begins with the newest 50, or with nothing", async () => {
    const { stub } = await filled(60);
    await rest(stub);
    const socket = await connect(stub);
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, oldest: 1 });
    const [frame, ...more] = await messagesOf(socket);
    expect(more).toEqual([]);
    expect(frame).toMatchObject({ snapshot: true, since: null, to: 60 });
    expect(frame?.messages.map(({ offset }) => offset)).toEqual(range(11, 60));
    const latest = await connect(stub, "latest");
    expect(await latest.nextOf("connected")).toMatchObject({ recovered: true, offset: 60 });
    expect(await messagesOf(latest)).toEqual([]);
  });

  it("[CUR3] [CUR4] [CUR5] resumes after a cursor", async () => {
    const { stub, epoch } = await filled(3);
    await rest(stub);
    for (const [since, offsets] of [
      [at(epoch, 1), [2, 3]],
      [at(epoch, 3), []],
      [at(epoch, 0), [1, 2, 3]],
      [at("0", 0), [1, 2, 3]],
    ] as const) {
      const socket = await connect(stub, since);
      expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, offset: 3 });
      const frames = await messagesOf(socket);
      expect(frames.length).toBe(offsets.length === 0 ? 0 : 1);
      expect(frames.flatMap(({ messages }) => messages.map(({ offset }) => offset))).toEqual(
        offsets,
      );
    }
  });

  it("[CUR6] a cursor that cannot be continued gets a snapshot", async () => {
    const { stub, epoch } = await filled(3);
    await rest(stub);
    for (const since of [at("other", 1), at("0", 1), at(epoch, 4)]) {
      const socket = await connect(stub, since);
      expect(await socket.nextOf("connected")).toMatchObject({ recovered: false, offset: 3 });
      expect(await messagesOf(socket)).toMatchObject([{ snapshot: true, since: null, to: 3 }]);
    }
  });

  it("[TOP2] [CUR2] since a time, the messages that are kept come as a snapshot", async () => {
    const { stub } = await filled(3);
    await rest(stub);
    const socket = await connect(stub, { time: Date.now() - 60_000 });
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, offset: 3 });
    const frames = await messagesOf(socket);
    expect(frames).toMatchObject([{ snapshot: true, since: null, to: 3 }]);
    expect(frames[0]?.messages.map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });

  it("[CUR6] [CUR9] instead of more than 4 Mi characters a snapshot of the newest comes, in parts", async () => {
    const { name, stub, epoch } = await filled(1);
    const long = "x".repeat(60_000);
    for (let i = 0; i < 5; i++) await stub.publish(Array.from({ length: 15 }, () => draft(long)));
    await rest(stub);
    const socket = await connect(stub, at(epoch, 1));
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: false, offset: 76 });
    const frames = await messagesOf(socket);
    for (const frame of frames) {
      expect(frame).toMatchObject({ topic: name, snapshot: true, since: null, to: 76 });
      expect(JSON.stringify(frame).length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
    }
    expect(frames.map(({ more }) => more === true)).toEqual(
      frames.map((_, i) => i < frames.length - 1),
    );
    expect(frames.flatMap(({ messages }) => messages.map(({ offset }) => offset))).toEqual(
      range(27, 76),
    );
  });

  it("[CUR7] an untouched topic has the epoch 0, and its first frame brings the real one", async () => {
    const stub = freshTopic();
    const socket = await connect(stub, at("0", 0));
    expect(await socket.nextOf("connected")).toMatchObject({ epoch: "0", offset: 0 });
    await rest(stub);
    expect(await history(stub)).toMatchObject({ messages: [], recovered: true, cursor: "0:0" });
    const { epoch } = await publish(stub, draft(1));
    expect(await messagesOf(socket)).toMatchObject([{ epoch, since: 0, to: 1 }]);
  });
});

it("[DEL5] the delivery of an offset that was not published yet is not known", async () => {
  const stub = freshTopic();
  await stub.publish([draft(1)]);
  expect(await stub.delivery(1)).toEqual({ members: 0, delivered: 0, behind: 0 });
  expect(await stub.delivery(2)).toBeNull();
});
