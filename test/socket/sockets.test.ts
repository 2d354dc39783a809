// The life and end of sockets: the token's end, silence, slowness, the operator, the client's close.
// Each test runs on an object that stayed in memory and on one that was evicted before.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import { CLOSES, type CloseCode, comesBack } from "../../src/protocol/close.ts";
import { CONNECTIONS_MAX, SILENCE_MS, SLOW_MS } from "../../src/protocol/limits.ts";
import { readAttachment } from "../../src/socket/attachment.ts";
import { at } from "../support/inbox.ts";
import { BOTH, connect, draft, freshInbox, freshTopic, type Stub } from "../support/object.ts";
import { meter } from "../support/object-meter.ts";
import { expectEnd } from "../support/socket-end.ts";
import { history } from "../support/topic-object.ts";

const KINDS = [
  { kind: "inbox", make: freshInbox },
  { kind: "topic", make: freshTopic },
];

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;

/** Stands in for `bufferedAmount`, which this runtime lacks. */
let unsent = 0;
Object.defineProperty(WebSocket.prototype, "bufferedAmount", {
  configurable: true,
  get: () => unsent,
});

function fakeClock(): { pass(ms: number): void } {
  let now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now });
  return {
    pass: (ms) => {
      now += ms;
      vi.setSystemTime(now);
    },
  };
}

afterEach(() => {
  vi.useRealTimers();
  unsent = 0;
});

describe.each(BOTH)("an object that is $name", ({ rest }) => {
  it.each(KINDS)("[SOC1] the $kind's ping is answered and wakes nothing", async ({ make }) => {
    const stub = make();
    const socket = await connect(stub);
    await socket.messages();
    const counted = await meter(stub);
    await rest(stub);
    for (let i = 0; i < 3; i++) socket.send("ping");
    for (let i = 0; i < 3; i++) expect(await socket.nextOf("pong")).toEqual({ type: "pong" });
    expect(counted.wakes).toBe(0);
    // A text that only looks like the ping is a frame, and wakes the object.
    socket.send("ping ");
    expect(await socket.nextOf("error")).toMatchObject({ code: "bad_request" });
    expect(counted.wakes).toBe(1);
    counted.stop();
  });

  it("[SOC2] a frame is not taken from a socket whose token has ended", async () => {
    const clock = fakeClock();
    const stub = freshInbox();
    const [outcome] = await stub.publish([draft(1)]);
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    clock.pass(HOUR_MS);
    await rest(stub);
    const { epoch } = outcome as { epoch: string };
    socket.send({ type: "read", id: 1, epoch, up_to: 1 });
    expect(await expectEnd(socket, 4002)).toEqual([]);
    const query = { limit: 1, before: null, state: null, category: null, since: null };
    const page = JSON.parse((await stub.list(query, "backend")) as string);
    expect(page.notifications).toMatchObject([{ read_at: null }]);
  });

  it("[SOC2] a publish is not taken from a topic's socket whose token has ended", async () => {
    const clock = fakeClock();
    const stub = freshTopic();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    clock.pass(HOUR_MS);
    await rest(stub);
    socket.send({ type: "publish", id: 1, message: { data: 1 } });
    expect(await expectEnd(socket, 4002)).toEqual([]);
    expect(await history(stub)).toMatchObject({ messages: [], cursor: "0:0" });
  });

  it.each(KINDS)(
    "[SOC2] a socket of the $kind whose token has ended is sent nothing, and others are",
    async ({ make }) => {
      const clock = fakeClock();
      const stub = make();
      const ended = await connect(stub, "latest");
      const alive = await connect(stub, "latest", { exp: Math.floor(Date.now() / 1000) + 7200 });
      const key = await connect(stub, "latest", { exp: null, user: null });
      for (const each of [ended, alive, key]) await each.nextOf("connected");
      clock.pass(HOUR_MS);
      await rest(stub);
      await stub.publish([draft(1)]);
      expect(await expectEnd(ended, 4002)).toEqual([]);
      for (const each of [alive, key]) expect(await each.messages()).toMatchObject({ to: 1 });
    },
  );

  it.each(KINDS)(
    "[SOC2] a socket of the $kind is still sent messages a second before its token's end",
    async ({ make }) => {
      const clock = fakeClock();
      const stub = make();
      const socket = await connect(stub, "latest");
      await socket.nextOf("connected");
      clock.pass(HOUR_MS - 1000);
      await rest(stub);
      await stub.publish([draft(1)]);
      expect(await socket.messages()).toMatchObject({ to: 1 });
    },
  );

  it.each(KINDS)(
    "[SOC4] a socket that has pinged and is silent for 90 s is closed when the $kind is awake",
    async ({ make }) => {
      const clock = fakeClock();
      const stub = make();
      const pinged = await connect(stub, "latest");
      const never = await connect(stub, "latest");
      for (const each of [pinged, never]) await each.nextOf("connected");
      pinged.send("ping");
      await pinged.nextOf("pong");
      await rest(stub);
      // The platform notes the ping by its own clock, which runs on: the times leave a second on each side.
      clock.pass(SILENCE_MS - 1000);
      await stub.publish([draft(1)]);
      for (const each of [pinged, never]) expect(await each.messages()).toMatchObject({ to: 1 });
      clock.pass(11_000);
      await stub.publish([draft(2)]);
      expect(await expectEnd(pinged, 4004)).toEqual([]);
      expect(await never.messages()).toMatchObject({ to: 2 });
    },
  );

  it.each(KINDS)(
    "[SOC5] a socket of the $kind with more than 1 MiB unsent twice, 5 s apart, is closed",
    async ({ make }) => {
      const clock = fakeClock();
      const stub = make();
      const socket = await connect(stub, "latest");
      await socket.nextOf("connected");
      await rest(stub);
      unsent = MIB + 1;
      await stub.publish([draft(1)]);
      clock.pass(SLOW_MS - 1);
      await stub.publish([draft(2)]);
      clock.pass(1);
      await stub.publish([draft(3)]);
      const before = await expectEnd(socket, 4003);
      expect(before).toMatchObject([{ to: 1 }, { to: 2 }]);
    },
  );

  it.each(KINDS)(
    "[SOC5] a socket of the $kind that has caught up in between, or has 1 MiB and no more, stays",
    async ({ make }) => {
      const clock = fakeClock();
      const stub = make();
      const socket = await connect(stub, "latest");
      await socket.nextOf("connected");
      await rest(stub);
      for (const amount of [MIB + 1, MIB, MIB + 1]) {
        unsent = amount;
        await stub.publish([draft(amount)]);
        clock.pass(SLOW_MS - 1);
      }
      unsent = 0;
      await socket.roundTrip();
      expect(socket.closed).toBeNull();
      expect(socket.frames.filter(({ type }) => type === "messages")).toHaveLength(3);
    },
  );

  it("[SOC16] a socket that does not read gets no history or replay, and may do all else", async () => {
    const stub = freshInbox();
    await stub.publish([draft(1)]);
    const socket = await connect(stub, "latest");
    const { epoch } = await socket.nextOf("connected");
    await rest(stub);
    unsent = MIB + 1;
    socket.send({ type: "history", id: 1 });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "too_many_requests" });
    socket.send({ type: "subscribe", id: 2, topic: "news" });
    expect(await socket.nextOf("error")).toMatchObject({ id: 2, code: "too_many_requests" });
    socket.send({ type: "read", id: 3, epoch, offsets: [1] });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 3, changed: true });
    unsent = MIB;
    socket.send({ type: "history", id: 4 });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 4 });
  });

  it("[SOC16] a topic's socket that does not read gets no history, and may publish", async () => {
    const stub = freshTopic();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    unsent = MIB + 1;
    socket.send({ type: "history", id: 1 });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "too_many_requests" });
    socket.send({ type: "publish", id: 2, message: { data: 1 } });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 2, message: { offset: 1 } });
    unsent = MIB;
    socket.send({ type: "history", id: 3 });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 3, messages: [{ data: 1 }] });
  });

  it.each(KINDS)(
    "[SOC16] while too much waits to be read, the $kind refuses a replay",
    async ({ make }) => {
      const stub = make();
      const large = "x".repeat(60_000);
      await stub.publish(Array.from({ length: 20 }, () => draft(large)));
      const slow = await connect(stub, "latest");
      await slow.nextOf("connected");
      await rest(stub);
      unsent = 31 * MIB;
      const asking = await connect(stub, at("0", 0));
      expect(await expectEnd(asking, 4001)).toEqual([]);
      // A small greeting is sent all the same.
      const latest = await connect(stub, "latest");
      await latest.nextOf("connected");
      unsent = 0;
      const back = await connect(stub, at("0", 0));
      expect(await back.nextOf("connected")).toMatchObject({ recovered: true });
      expect((await back.messages()).more).toBe(true);
    },
  );

  it.each(KINDS)(
    "[SOC9] a client's close is answered by the $kind with its code",
    async ({ make }) => {
      const stub = make();
      const socket = await connect(stub);
      await socket.nextOf("connected");
      await rest(stub);
      socket.ws.close(4321, "bye");
      expect(await socket.nextClose()).toEqual({ code: 4321, reason: "bye" });
    },
  );

  it.each(KINDS)(
    "[SOC9] a client's close without a code is answered by the $kind without one",
    async ({ make }) => {
      const stub = make();
      const socket = await connect(stub);
      await socket.nextOf("connected");
      await rest(stub);
      socket.ws.close();
      expect(await socket.nextClose()).toEqual({ code: 1005, reason: "" });
    },
  );

  it.each(
    KINDS.flatMap((each) => [
      { ...each, how: "closed", leave: "close" as const },
      { ...each, how: "lost", leave: "lose" as const },
    ]),
  )(
    "[SOC9] [CON7] in the $kind the place of a connection that was $how is free again",
    async ({ make, leave }) => {
      const stub: Stub = make();
      const sockets = [];
      for (let i = 0; i < CONNECTIONS_MAX; i++) sockets.push(await connect(stub, "latest"));
      await expect(connect(stub)).rejects.toThrow("connection_limit");
      await rest(stub);
      await expect(connect(stub)).rejects.toThrow("connection_limit");
      // Another user has places of their own.
      await (await connect(stub, "latest", { user: "bob" })).nextOf("connected");
      if (leave === "close") {
        sockets[0]?.ws.close(1000, "");
        await sockets[0]?.nextClose();
      } else
        await runInDurableObject(stub as DurableObjectStub<Inbox>, (object, state) => {
          const lost = state.getWebSockets().find((ws) => readAttachment(ws)?.user === "ada");
          object.webSocketError(lost as WebSocket);
        });
      expect(await (await connect(stub, "latest")).nextOf("connected")).toBeTruthy();
    },
  );

  it("[SOC14] [SOC15] sockets that the operator disconnects come back only when asked to", async () => {
    for (const { reconnect, code } of [
      { reconnect: false, code: 4503 as const },
      { reconnect: true, code: 4001 as const },
    ]) {
      const stub = freshInbox();
      const sockets = [await connect(stub, "latest"), await connect(stub, "latest")];
      for (const socket of sockets) await socket.nextOf("connected");
      await rest(stub);
      await stub.disconnect(reconnect, null);
      for (const socket of sockets) expect(await expectEnd(socket, code)).toEqual([]);
    }
  });
});

describe.each([
  { whose: "of another version", of: (own: object) => ({ ...own, v: 2 }) },
  { whose: "missing, since it was never greeted", of: () => null },
])("a socket whose attachment is $whose", ({ of }) => {
  it.each([
    { on: "a publish", wake: (stub: ReturnType<typeof freshInbox>) => stub.publish([draft(1)]) },
    {
      on: "its frame",
      wake: (_stub: ReturnType<typeof freshInbox>, ws: WebSocket) =>
        ws.send('{"type":"history","id":1}'),
    },
  ])("[SOC12] is asked to reconnect on $on", async ({ wake }) => {
    const stub = freshInbox();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await runInDurableObject(stub, (_inbox, state) => {
      const [ws] = state.getWebSockets();
      ws?.serializeAttachment(of(ws.deserializeAttachment()));
    });
    await evictDurableObject(stub);
    await wake(stub, socket.ws);
    expect(await expectEnd(socket, 4001)).toEqual([]);
  });
});

it("[SOC15] sockets closed with 4000 to 4499 come back, with 4500 to 4999 they do not", () => {
  const codes = Object.keys(CLOSES).map((code) => Number(code) as CloseCode);
  expect(codes.filter(comesBack)).toEqual([4001, 4002, 4003, 4004, 4008]);
  expect(codes.filter((code) => !comesBack(code))).toEqual([4500, 4501, 4502, 4503, 4504]);
});
