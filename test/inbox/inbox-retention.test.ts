// Retention of an inbox: the messages that it keeps, the order of eviction, and the ends by age and ttl.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { at, Device, filled, list, mark, messagesOf, offsetsOf, range } from "../support/inbox.ts";
import { BOTH, connect, draft, drafts, freshInbox } from "../support/object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const DAY_MS = 86_400_000;
const FULL = 500;
const AGE_MS = 90 * DAY_MS;

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[LOG6] a full inbox evicts blank rows, then archived messages, then read ones, then the oldest", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    const ending = new Set([150, 350]);
    await stub.publish(range(1, FULL).map((n) => draft(n, ending.has(n) ? { ttl: 60 } : {})));
    await mark(stub, [300, 200], { archived: true });
    await mark(stub, [250, 450], { read: true });
    await mark(stub, [400], { remove: true });
    vi.setSystemTime(NOW + 60_000);
    let kept = (await offsetsOf(stub)).filter((offset) => offset <= FULL);
    // The three blank rows are no longer listed.
    expect(kept).toEqual(range(1, FULL).filter((n) => ![150, 350, 400].includes(n)));
    const turns = [[], [], [], [200], [300], [250], [450], [1], [2]];
    for (const [i, turn] of turns.entries()) {
      await rest(stub);
      await stub.publish([draft(`new ${i}`)]);
      const left = (await offsetsOf(stub)).filter((offset) => offset <= FULL);
      expect(kept.filter((offset) => !left.includes(offset))).toEqual(turn);
      kept = left;
    }
    const rows = await runInDurableObject(stub, (_inbox, { storage }) =>
      storage.sql.exec("SELECT count(*) AS rows FROM log").one(),
    );
    expect(rows).toEqual({ rows: FULL });
    expect((await list(stub)).counts).toMatchObject({ unread: FULL, total: FULL });
  });

  it("[LOG6] of a list that is longer than the inbox, the newest messages are kept", async () => {
    const { stub } = await filled(3);
    await rest(stub);
    const outcomes = await stub.publish(drafts(FULL + 50, 4));
    expect(outcomes.map((outcome) => "offset" in outcome && outcome.offset)).toEqual(
      range(4, FULL + 53),
    );
    expect(await offsetsOf(stub)).toEqual(range(54, FULL + 53));
  });

  it("[LOG8] a message past the age is gone, even before an alarm", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, epoch } = await filled(2);
    vi.setSystemTime(NOW + DAY_MS);
    await stub.publish([draft(3)]);
    vi.setSystemTime(NOW + AGE_MS - 1);
    expect(await offsetsOf(stub)).toEqual([1, 2, 3]);
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    expect(await offsetsOf(stub)).toEqual([3]);
    const socket = await connect(stub, at(epoch, 3), { exp: null });
    expect(await socket.nextOf("connected")).toMatchObject({
      recovered: true,
      oldest: 3,
      counts: { unread: 1, unseen: 1, total: 1 },
    });
  });

  it("[LOG9] from `expires` on a message is neither listed nor counted, and leaves no gap", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, epoch } = await filled(1);
    const device = new Device();
    await device.connect(stub);
    await device.drop();
    await stub.publish([draft(2, { ttl: 60 }), draft(3), draft(4, { ttl: 120 })]);
    const [, second] = [...(await list(stub)).notifications].reverse();
    expect(second?.expires).toBe(new Date(NOW + 60_000).toISOString());
    vi.setSystemTime(NOW + 59_999);
    expect((await list(stub)).counts.total).toBe(4);
    vi.setSystemTime(NOW + 60_000);
    await rest(stub);
    expect(await offsetsOf(stub)).toEqual([1, 3, 4]);
    expect((await list(stub)).counts).toEqual({ unread: 3, unseen: 3, total: 3 });
    await device.connect(stub);
    expect(device.connected).toMatchObject({ recovered: true, epoch, offset: 4 });
    expect(device.frames).toMatchObject([
      { since: 1, to: 4, messages: [{ offset: 3 }, { offset: 4 }] },
    ]);
  });

  it("[LOG10] a message with `ttl: 0` goes to connected devices without an offset, and is not stored", async () => {
    const { stub, epoch } = await filled(1);
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    const [live, stored] = await stub.publish([draft("now", { ttl: 0 }), draft("kept")]);
    expect(live).toMatchObject({ status: "stored", offset: null, epoch });
    expect(stored).toMatchObject({ status: "stored", offset: 2 });
    await stub.publish([draft("again", { ttl: 0 })]);
    expect(await messagesOf(socket)).toMatchObject([
      {
        since: 1,
        to: 2,
        messages: [
          { offset: null, data: "now" },
          { offset: 2, data: "kept" },
        ],
      },
      { since: 2, to: 2, messages: [{ offset: null, data: "again" }] },
    ]);
    await rest(stub);
    expect(await offsetsOf(stub)).toEqual([1, 2]);
    const later = await connect(stub, at(epoch, 1));
    await later.nextOf("connected");
    expect((await messagesOf(later)).flatMap(({ messages }) => messages)).toMatchObject([
      { data: "kept" },
    ]);
  });

  it("[LOG12] unread messages that aged away make older cursors `recovered: false`", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, epoch } = await filled(4);
    await mark(stub, [3, 4], { read: true });
    vi.setSystemTime(NOW + DAY_MS);
    await stub.publish([draft(6)]);
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    // The second was unread. The third and fourth were read, so their end is no loss.
    for (const [offset, recovered] of [
      [1, false],
      [2, true],
      [5, true],
    ] as const) {
      const socket = await connect(stub, at(epoch, offset), { exp: null });
      const connected = await socket.nextOf("connected");
      expect(connected, `after ${offset}`).toMatchObject({ recovered, oldest: 6 });
      const [frame] = await messagesOf(socket);
      expect(frame?.snapshot === true, `after ${offset}`).toBe(!recovered);
      expect(frame?.messages).toMatchObject([{ offset: 6 }]);
    }
  });

  it("[LOG12] a message that ended by its ttl before its age is no loss", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    await stub.publish([draft(1, { ttl: 60 }), draft(2, { ttl: 60 })]);
    vi.setSystemTime(NOW + DAY_MS);
    await stub.publish([draft(3)]);
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    const epoch = (await list(stub)).cursor.split(":")[0] as string;
    const socket = await connect(stub, at(epoch, 1), { exp: null });
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: true });
  });
});
