// The frames that a socket may send, the answers to them, and the end of a socket that sends others.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FRAME_BYTES_MAX, FRAMES_PER_SECOND } from "../../src/protocol/limits.ts";
import type { Attachment } from "../../src/socket/attachment.ts";
import { tokenOf } from "../support/backend.ts";
import { BOTH, connect, draft, freshInbox, freshTopic } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

afterEach(() => {
  vi.useRealTimers();
});

const NOW = 1_800_000_000_000;
/** One level more than a frame may have. */
const NESTED = Array.from({ length: 33 }).reduce((inner: unknown) => [inner], 1);
const HISTORY = '{"type":"history","id":"still here","limit":1}';
const stillHere = { type: "reply", id: "still here" };

async function quiet(make: typeof freshInbox | typeof freshTopic) {
  const stub = make();
  const socket = await connect(stub, "latest");
  await socket.nextOf("connected");
  return { stub, socket };
}

describe.each(BOTH)("a socket of an object that is $name", ({ rest }) => {
  it.each([
    { what: "is no JSON", text: "{", id: null },
    { what: "is no object", text: "[1]", id: null },
    { what: "has no type", text: '{"id":7}', id: 7 },
    { what: "is of an unknown type", text: '{"type":"jump","id":"a"}', id: "a" },
    { what: "lacks its member", text: '{"type":"refresh","id":0}', id: 0 },
    { what: "has an id that is no id", text: '{"type":"jump","id":{"a":1}}', id: null },
  ])(
    "[SOC7] a frame that $what is answered by an error with its id, and the socket stays",
    async ({ text, id }) => {
      const { stub, socket } = await quiet(freshInbox);
      await rest(stub);
      socket.send(text);
      expect(await socket.nextOf("error")).toMatchObject({
        id,
        code: "bad_request",
        temporary: false,
      });
      socket.send(HISTORY);
      expect(await socket.nextOf("reply")).toMatchObject(stillHere);
    },
  );

  it.each([
    ["no JSON", "{"],
    ["no object", "[1]"],
    ["an object without a type", '{"id":7}'],
    ["an object whose type is no text", '{"type":1}'],
    ["too long", `"${"x".repeat(FRAME_BYTES_MAX)}"`],
    ["binary", new TextEncoder().encode(HISTORY)],
  ])("[SOC8] the tenth frame at once that is %s closes the socket", async (_, frame) => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, socket } = await quiet(freshInbox);
    await rest(stub);
    for (let i = 0; i < 9; i++) {
      socket.ws.send(frame);
      await socket.nextOf("error");
    }
    // A good one between them does not count them back.
    socket.send(HISTORY);
    await socket.nextOf("reply");
    vi.setSystemTime(NOW + 59_000);
    socket.ws.send(frame);
    expect(await expectEnd(socket, 4502)).toMatchObject([{ type: "error" }]);
  });

  it("[SOC8] a socket may send one more unreadable frame in each minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, socket } = await quiet(freshInbox);
    await rest(stub);
    for (let i = 0; i < 9 + 12; i++) {
      vi.setSystemTime(NOW + 60_000 * Math.max(0, i - 8));
      socket.send("{");
      await socket.nextOf("error");
    }
    socket.send(HISTORY);
    expect(await socket.nextOf("reply")).toMatchObject(stillHere);
  });

  it.each([
    ["an unknown type", { type: "jump" }, null],
    ["a member of another kind", { type: "read", epoch: "e", offsets: ["1"] }, "offsets"],
    [
      "a list that is too long",
      { type: "read", epoch: "e", offsets: Array(1_001).fill(1) },
      "offsets",
    ],
    ["a name that is none", { type: "follow", topic: "room 1" }, "topic"],
    ["a message that nests too deep", { type: "publish", message: NESTED }, null],
  ])(
    "[SOC7] [SOC8] %s is an error with the frame's id, and counts for nothing",
    async (_, frame, field) => {
      const { stub, socket } = await quiet(freshInbox);
      await rest(stub);
      for (let id = 0; id < 25; id++) {
        // The id stands last, where only a parse of the whole frame finds it.
        socket.send({ ...frame, id });
        const error = await socket.nextOf("error");
        expect(error).toMatchObject({ id, code: "bad_request", temporary: false });
        if (field !== null) expect(error.field).toBe(field);
      }
      socket.send(HISTORY);
      expect(await socket.nextOf("reply")).toMatchObject(stillHere);
    },
  );

  it("[SOC8] [SOC12] frames that an earlier release counted do not count", async () => {
    const { stub, socket } = await quiet(freshInbox);
    await runInDurableObject(stub, (_object, ctx) => {
      for (const ws of ctx.getWebSockets()) {
        const attachment = ws.deserializeAttachment() as Attachment;
        expect(attachment.malformed).toBe(0);
        ws.serializeAttachment({ ...attachment, malformed: 9 });
      }
    });
    await evictDurableObject(stub);
    socket.send("{");
    await socket.nextOf("error");
    socket.send(HISTORY);
    expect(await socket.nextOf("reply")).toMatchObject(stillHere);
  });

  it("[SOC8] a refused request counts for nothing", async () => {
    const { stub, socket } = await quiet(freshInbox);
    await rest(stub);
    for (let i = 0; i < 12; i++) {
      socket.send({ type: "read", id: i, epoch: "other", offsets: [1] });
      expect(await socket.nextOf("error")).toMatchObject({ id: i, code: "other_epoch" });
    }
    socket.send(HISTORY);
    expect(await socket.nextOf("reply")).toMatchObject(stillHere);
  });

  it("[SOC11] a frame of 256 KiB is taken, one over it is an error", async () => {
    const { stub, socket } = await quiet(freshInbox);
    await rest(stub);
    const padded = (bytes: number) => HISTORY.padEnd(bytes, " ");
    socket.send(padded(FRAME_BYTES_MAX));
    expect(await socket.nextOf("reply")).toMatchObject(stillHere);
    socket.send(padded(FRAME_BYTES_MAX + 1));
    expect(await socket.nextOf("error")).toMatchObject({ id: null, code: "payload_too_large" });
    // The sender learns which of its frames was too large.
    const large = { type: "publish", id: 8, message: { data: "x".repeat(FRAME_BYTES_MAX) } };
    socket.send(JSON.stringify(large));
    expect(await socket.nextOf("error")).toMatchObject({ id: 8, code: "payload_too_large" });
    // The limit counts bytes: these characters have two each.
    socket.send(JSON.stringify({ type: "history", x: "é".repeat(FRAME_BYTES_MAX / 2) }));
    expect(await socket.nextOf("error")).toMatchObject({ id: null, code: "payload_too_large" });
    socket.send(HISTORY);
    expect(await socket.nextOf("reply")).toMatchObject(stillHere);
  });

  it.each([
    { kind: "inbox", make: freshInbox },
    { kind: "topic", make: freshTopic },
  ])("[SOC11] a page of the $kind's history is a frame of 256 KiB at most", async ({ make }) => {
    const { stub, socket } = await quiet(make);
    // As many characters of three bytes each as a message may have.
    const text = "日".repeat(21_000);
    await stub.publish(Array.from({ length: 6 }, () => draft(text)));
    await rest(stub);
    socket.send({ type: "history", id: "page", limit: 100 });
    const page = await socket.nextOf("reply");
    expect(new TextEncoder().encode(JSON.stringify(page)).length).toBeLessThanOrEqual(
      FRAME_BYTES_MAX,
    );
    const { notifications, messages = notifications } = page as unknown as Record<
      string,
      unknown[]
    >;
    expect(messages?.length).toBeGreaterThan(1);
  });

  it("[SOC11] a binary frame is an error", async () => {
    const { stub, socket } = await quiet(freshInbox);
    await rest(stub);
    socket.ws.send(new TextEncoder().encode(HISTORY));
    expect(await socket.nextOf("error")).toMatchObject({ id: null, code: "bad_request" });
    socket.send(HISTORY);
    expect(await socket.nextOf("reply")).toMatchObject(stillHere);
  });

  it("[SOC6] the 31st frame of a second closes the socket", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { stub, socket } = await quiet(freshInbox);
    await rest(stub);
    for (let i = 0; i < FRAMES_PER_SECOND; i++) {
      socket.send({ type: "history", id: i, limit: 1 });
      expect(await socket.nextOf("reply")).toMatchObject({ id: i });
    }
    socket.send(HISTORY);
    const before = await expectEnd(socket, 4008);
    expect(before).toMatchObject([{ type: "error", id: null, code: "too_many_requests" }]);
  });

  it("[SOC6] thirty frames in each second are taken", async () => {
    let now = 1_800_000_000_000;
    vi.useFakeTimers({ toFake: ["Date"], now });
    const { stub, socket } = await quiet(freshInbox);
    await rest(stub);
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < FRAMES_PER_SECOND; i++) socket.send(HISTORY);
      for (let i = 0; i < FRAMES_PER_SECOND; i++)
        expect(await socket.nextOf("reply")).toMatchObject(stillHere);
      now += 1000;
      vi.setSystemTime(now);
    }
  });

  it("[SOC10] the frames of one socket are handled and answered in order", async () => {
    const { stub, socket } = await quiet(freshTopic);
    const token = await tokenOf("ada", { "topic:*": ["subscribe", "publish"] });
    await rest(stub);
    // Frames that wait for something stand before frames that do not.
    const frames = [
      { type: "refresh", token },
      { type: "publish", message: { data: "first" } },
      { type: "history" },
      { type: "jump" },
      { type: "publish", message: { data: "second" } },
      { type: "history" },
      { type: "read", epoch: "0", offsets: [1] },
    ];
    for (const [id, frame] of frames.entries()) socket.send({ ...frame, id });
    const answers = [];
    while (answers.length < frames.length) {
      await vi.waitUntil(() => socket.frames.length > 0, { interval: 1 });
      const answer = socket.frames.shift();
      if (answer?.type === "reply" || answer?.type === "error") answers.push(answer);
    }
    expect(answers.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(answers[2]).toMatchObject({ messages: [{ data: "first" }] });
    expect(answers[5]).toMatchObject({ messages: [{ data: "first" }, { data: "second" }] });
  });

  it("[SOC10] a socket that waits holds up no other", async () => {
    const { stub, socket } = await quiet(freshTopic);
    const other = await connect(stub, "latest");
    await other.nextOf("connected");
    await rest(stub);
    socket.send({ type: "publish", id: 1, message: { data: 1 } });
    other.send(HISTORY);
    expect(await other.nextOf("reply")).toMatchObject(stillHere);
    expect(await socket.nextOf("reply")).toMatchObject({ id: 1, message: { offset: 1 } });
  });

  it("[STA3] [SOC10] a mark over a socket is replied to, and sent to every device", async () => {
    const { stub, socket } = await quiet(freshInbox);
    const other = await connect(stub, "latest");
    await other.nextOf("connected");
    const [outcome] = await stub.publish([draft(1)]);
    const { epoch } = outcome as { epoch: string };
    await rest(stub);
    socket.send({ type: "read", id: 5, epoch, offsets: [1] });
    expect(await socket.nextOf("reply")).toEqual({
      type: "reply",
      id: 5,
      changed: true,
      epoch,
      offset: 2,
      counts: { unread: 0, unseen: 0, total: 1 },
    });
    await other.messages();
    expect(await other.messages()).toMatchObject({ since: 1, to: 2, messages: [] });
  });
});
