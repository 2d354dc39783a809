// The start of a connection by its cursor: snapshot, replay or neither. Each test runs on an inbox that
// answers from memory and on one that was evicted and answers from its rows.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";
import { at, Device, filled, list, mark, messagesOf, publish, range } from "../support/inbox.ts";
import { BOTH, connect, draft, drafts, freshInbox } from "../support/object.ts";

afterEach(() => {
  vi.useRealTimers();
});

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[CUR1] [CON10] without `since`: the newest 50 that are not archived", async () => {
    const { stub, epoch } = await filled(60);
    await mark(stub, [20, 60], { archived: true });
    await rest(stub);
    const socket = await connect(stub);
    const counts = { unread: 58, unseen: 58, total: 58 };
    expect(await socket.nextOf("connected")).toMatchObject({ epoch, offset: 61, counts });
    const [frame, ...more] = await messagesOf(socket);
    expect(more).toEqual([]);
    expect(frame).toMatchObject({ snapshot: true, since: null, to: 61, epoch, oldest: 1, counts });
    const offsets = frame?.messages.map(({ offset }) => offset);
    expect(offsets).toEqual([...range(9, 19), ...range(21, 59)]);
    expect(frame?.messages[0]).toMatchObject({ data: 9, seen_at: null, archived_at: null });
  });

  it("[CON11] `connected` has the hub's clock, which never runs backwards", async () => {
    const { stub } = await filled(1);
    const before = Date.now();
    const first = await (await connect(stub)).nextOf("connected");
    expect(Date.parse(first.time as string)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(first.time as string)).toBeLessThanOrEqual(Date.now());
    await rest(stub);
    vi.useFakeTimers({ toFake: ["Date"], now: before - 60_000 });
    const [message] = (await list(stub)).notifications as { time: string }[];
    const second = await (await connect(stub)).nextOf("connected");
    expect(Date.parse(second.time as string)).toBeGreaterThanOrEqual(
      Date.parse(message?.time as string),
    );
  });

  it("[CUR1] a snapshot replaces all that is held", async () => {
    const { stub } = await filled(3);
    const device = new Device();
    await device.connect(stub);
    expect(device.connected?.recovered).toBe(true);
    await device.drop();
    await stub.erase();
    await stub.publish(drafts(1, 10));
    await rest(stub);
    await device.connect(stub);
    expect(device.connected?.recovered).toBe(false);
    expect([...device.view.held.values()]).toMatchObject([{ offset: 1, data: 10 }]);
  });

  it("[CUR2] `since=latest`: only messages from now on", async () => {
    const { stub } = await filled(3);
    await rest(stub);
    const socket = await connect(stub, "latest");
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, offset: 3 });
    expect(await messagesOf(socket)).toEqual([]);
    await stub.publish([draft(4)]);
    expect(await messagesOf(socket)).toMatchObject([{ since: 3, to: 4, messages: [{ data: 4 }] }]);
  });

  it("[CUR3] after a cursor: everything after it, in one step from `since` to `to`", async () => {
    const { stub, epoch } = await filled(3);
    await stub.publish(drafts(2, 4));
    await mark(stub, [1], { read: true });
    await stub.publish([draft(7)]);
    await rest(stub);
    const socket = await connect(stub, at(epoch, 3));
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, offset: 7 });
    const [frame, ...more] = await messagesOf(socket);
    expect(more).toEqual([]);
    expect(frame).toMatchObject({
      since: 3,
      to: 7,
      messages: [{ data: 4 }, { data: 5 }, { data: 7 }],
    });
    expect(frame?.snapshot).toBeUndefined();
    expect(frame?.states).toMatchObject([
      { offsets: [1], read_at: expect.any(String), changed: 6 },
    ]);
  });

  it("[CUR4] nothing missed: only `connected`", async () => {
    const { stub, epoch } = await filled(3);
    await rest(stub);
    const socket = await connect(stub, at(epoch, 3));
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, epoch, offset: 3 });
    expect(await messagesOf(socket)).toEqual([]);
  });

  it("[CUR5] `<epoch>:0` and the cursor of an empty log are the beginning", async () => {
    const { stub, epoch } = await filled(3);
    await rest(stub);
    for (const since of [at(epoch, 0), at("0", 0)]) {
      const socket = await connect(stub, since);
      expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, epoch });
      expect(await messagesOf(socket)).toMatchObject([
        { epoch, since: 0, to: 3, messages: [{ data: 1 }, { data: 2 }, { data: 3 }] },
      ]);
    }
  });

  it("[CUR5] [CUR7] an untouched inbox stores nothing; its first frame brings its epoch", async () => {
    const stub = freshInbox();
    const device = new Device();
    device.view.offset = 0;
    await device.connect(stub);
    expect(device.connected).toMatchObject({ epoch: "0", offset: 0, recovered: true });
    expect(device.frames).toEqual([]);
    await rest(stub);
    expect((await list(stub)).cursor).toBe("0:0");
    expect(await tablesOf(stub)).toEqual([]);
    const { epoch } = await publish(stub, draft(1));
    await device.settle();
    expect(device.frames).toMatchObject([{ epoch, since: 0, to: 1 }]);
    expect(device.view.cursor).toBe(`${epoch}:1`);
    expect(epoch).toMatch(/^[a-z0-9]{10}$/);
  });

  it("[CUR6] a cursor of another epoch, or ahead of the head, gets a snapshot", async () => {
    const { stub, epoch } = await filled(3);
    await rest(stub);
    for (const since of [at("other", 2), at("0", 1), at(epoch, 4)]) {
      const socket = await connect(stub, since);
      expect(await socket.nextOf("connected")).toMatchObject({ recovered: false, offset: 3 });
      const frames = await messagesOf(socket);
      expect(frames).toMatchObject([{ snapshot: true, since: null, to: 3 }]);
      const page = await list(stub, { since });
      expect(page.recovered).toBe(false);
      expect(page.notifications).toHaveLength(3);
    }
  });

  it("[CUR6] [LOG12] a cursor below an unread message that was evicted gets a snapshot", async () => {
    const { stub, epoch } = await filled(500);
    await mark(stub, 10, { read: true });
    // Ten read messages are evicted without a loss, then two unread ones.
    await stub.publish(drafts(12, 501));
    await rest(stub);
    const below = await connect(stub, at(epoch, 11));
    expect(await below.nextOf("connected")).toMatchObject({ recovered: false, oldest: 13 });
    expect(await messagesOf(below)).toMatchObject([{ snapshot: true }]);
    const reached = await connect(stub, at(epoch, 12));
    expect(await reached.nextOf("connected")).toMatchObject({ recovered: true, oldest: 13 });
    const [frame] = await messagesOf(reached);
    expect(frame).toMatchObject({ since: 12, to: 513 });
    expect(frame?.messages).toHaveLength(500);
  });

  it("[CUR6] a cursor whose replay would be longer than 4 Mi characters gets a snapshot", async () => {
    const { stub, epoch } = await filled(1);
    const long = "x".repeat(60_000);
    for (let i = 0; i < 5; i++) await stub.publish(Array.from({ length: 15 }, () => draft(long)));
    await rest(stub);
    const far = await connect(stub, at(epoch, 1));
    expect(await far.nextOf("connected")).toMatchObject({ recovered: false, offset: 76 });
    const frames = await messagesOf(far);
    expect(frames.every(({ snapshot, since }) => snapshot === true && since === null)).toBe(true);
    expect(frames.flatMap(({ messages }) => messages)).toHaveLength(50);
    expect((await list(stub, { since: at(epoch, 1) })).recovered).toBe(false);
    const near = await connect(stub, at(epoch, 10));
    expect(await near.nextOf("connected")).toMatchObject({ recovered: true });
    expect((await messagesOf(near)).flatMap(({ messages }) => messages)).toHaveLength(66);
  });

  it("[CUR9] a step longer than 256 KiB comes in parts", async () => {
    const { stub, epoch } = await filled(4);
    const live = new Device();
    await live.connect(stub);
    live.frames.length = 0;
    // Each character has two bytes in UTF-8: a count of characters would make the parts too long.
    const long = "é".repeat(30_000);
    await stub.publish(Array.from({ length: 10 }, (_, i) => draft(`${i} ${long}`)));
    await live.settle();
    const since = { since: 4, to: 14 };
    expect(live.frames.map(({ more }) => more)).toEqual([true, true, undefined]);
    for (const frame of live.frames) {
      expect(frame).toMatchObject({ ...since, epoch });
      expect(bytes(frame)).toBeLessThanOrEqual(FRAME_BYTES_MAX);
      expect(frame.counts !== undefined && frame.oldest !== undefined).toBe(frame.more !== true);
    }
    expect(live.frames.flatMap(({ messages }) => messages.map(({ offset }) => offset))).toEqual(
      range(5, 14),
    );
    await mark(stub, [2], { read: true });
    await mark(stub, [3], { remove: true });
    await rest(stub);
    const socket = await connect(stub, at(epoch, 4));
    await socket.nextOf("connected");
    const parts = await messagesOf(socket);
    const last = parts.pop();
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts)
      expect(Object.keys(part)).toEqual(["type", "epoch", "since", "to", "more", "messages"]);
    const offsets = [...parts, last].flatMap((part) => part?.messages.map(({ offset }) => offset));
    expect(offsets).toEqual(range(5, 14));
    expect(last?.more).toBeUndefined();
    expect(last).toMatchObject({
      since: 4,
      to: 16,
      states: [{ offsets: [2], changed: 15 }],
      removed: [3],
      oldest: 1,
      counts: { unread: 12, unseen: 12, total: 13 },
    });
  });

  it("[CON10] a message published during the connect does not come before `connected`", async () => {
    const { stub, epoch } = await filled(2);
    await rest(stub);
    const [socket] = await Promise.all([
      connect(stub, at(epoch, 1)),
      stub.publish([draft(3)]),
      stub.publish([draft(4)]),
    ]);
    await socket.roundTrip();
    const frames = socket.frames.filter(({ type }) => type !== "reply");
    expect(frames[0]?.type).toBe("connected");
    const offsets = frames.flatMap((frame) =>
      frame.type === "messages" ? frame.messages.map(({ offset }) => offset) : [],
    );
    expect(offsets).toEqual([2, 3, 4]);
  });
});

it("[CUR8] one commit is one frame, and each frame continues from the one before", async () => {
  const { stub, epoch } = await filled(1);
  const socket = await connect(stub, at(epoch, 1));
  await socket.nextOf("connected");
  await Promise.all(Array.from({ length: 20 }, (_, i) => stub.publish(drafts(5, 2 + i * 5))));
  const frames = await messagesOf(socket);
  expect(frames.reduce((cursor, { since, to }) => (since === cursor ? to : Number.NaN), 1)).toBe(
    101,
  );
  expect(frames.flatMap(({ messages }) => messages.map(({ offset }) => offset))).toEqual(
    range(2, 101),
  );
  // The first publish was written at once, the others shared writes, and no list was split.
  expect(frames.length).toBeLessThan(20);
  for (const { since, to } of frames) expect((to - (since as number)) % 5).toBe(0);
});

function tablesOf(stub: ReturnType<typeof freshInbox>): Promise<string[]> {
  return runInDurableObject(stub, (_inbox, { storage }) =>
    storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => name),
  );
}
