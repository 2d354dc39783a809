// The cost of an inbox in rows, by the counters of SQLite that the platform bills.

import { evictDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import type { Mark } from "../../src/objects/inbox-rpc.ts";
import { filled, mark } from "../support/inbox.ts";
import { BOTH, connect, costOf, draft, drafts, freshInbox, type Stub } from "../support/object.ts";

const LIST = { limit: 100, before: null, state: null, category: null, since: null };
const NOW = Date.parse("2030-05-01T10:00:00Z");
const TTL_SECONDS = 60;

afterEach(() => {
  vi.useRealTimers();
});

/** Messages that all end at the same time. */
const ending = (count: number) =>
  Array.from({ length: count }, (_, i) => draft(i, { ttl: TTL_SECONDS }));

/** The rows that a mark writes. */
async function writtenBy(stub: Stub, target: Mark["target"], change: Partial<Mark>) {
  const whole = { epoch: null, target, ...change };
  return (await costOf(stub, (inbox) => inbox.mark(whole, "backend"))).written;
}

it("[ROW1] the first message of an inbox makes its tables: 6 rows and one alarm", async () => {
  const cost = await costOf(freshInbox(), (inbox) => inbox.publish([draft(1)]));
  expect(cost).toMatchObject({ written: 6, alarms: 1 });
});

it("[ROW2] a message without an id is one row written", async () => {
  const stub = freshInbox();
  await stub.publish([draft(1)]);
  const cost = await costOf(stub, (inbox) => inbox.publish([draft(2)]));
  expect(cost).toEqual({ written: 1, read: 1, alarms: 0 });
});

it("[ROW2] a message with an id is two rows written", async () => {
  const stub = freshInbox();
  await stub.publish([draft(1, { id: "first" })]);
  const cost = await costOf(stub, (inbox) => inbox.publish([draft(2, { id: "second" })]));
  expect(cost).toEqual({ written: 2, read: 1, alarms: 0 });
});

it("[ROW2] a repeated message is no row written", async () => {
  const stub = freshInbox();
  await stub.publish([draft(1, { id: "same" })]);
  const cost = await costOf(stub, (inbox) => inbox.publish([draft(1, { id: "same" })]));
  expect(cost).toMatchObject({ written: 0, alarms: 0 });
});

it("[ROW2] a list of 100 is 100 rows written", async () => {
  const stub = freshInbox();
  await stub.publish([draft(1)]);
  const cost = await costOf(stub, (inbox) => inbox.publish(drafts(100)));
  expect(cost).toEqual({ written: 100, read: 100, alarms: 0 });
});

it("[ROW3] a publish to a sleeping inbox reads at most 4 rows, also when it is full", async () => {
  const stub = freshInbox();
  await stub.publish(drafts(499));
  await evictDurableObject(stub);
  const cost = await costOf(stub, (inbox) => inbox.publish([draft(500)]));
  expect(cost.written).toBe(1);
  expect(cost.read).toBeLessThanOrEqual(4);
  // The first publish to a full inbox reads all rows once, to queue the next QUEUE_IN_MEMORY_MAX for eviction.
  await stub.publish([draft(501)]);
  for (let n = 0; n < 10; n++) {
    await evictDurableObject(stub);
    const full = await costOf(stub, (inbox) => inbox.publish([draft(502 + n)]));
    expect(full.written).toBe(1);
    expect(full.read).toBeLessThanOrEqual(4);
  }
});

it("[ROW4] a change of state is a row for each message touched, and one more", async () => {
  const stub = freshInbox();
  const [first] = await stub.publish(drafts(10));
  const epoch = (first as { epoch: string }).epoch;
  const target = { offsets: [1, 2, 3, 99] };
  const cost = await costOf(stub, (inbox) => inbox.mark({ epoch, target, read: true }, "backend"));
  expect(cost.written).toBe(4);
  const again = await costOf(stub, (inbox) => inbox.mark({ epoch, target, read: true }, "backend"));
  expect(again.written).toBe(0);
});

it("[ROW4] reading all is one row written and two read", async () => {
  const stub = freshInbox();
  const [first] = await stub.publish(drafts(100));
  const epoch = (first as { epoch: string }).epoch;
  const cost = await costOf(stub, (inbox) =>
    inbox.mark({ epoch, target: { upTo: 100 }, read: true }, "backend"),
  );
  expect(cost).toEqual({ written: 1, read: 2, alarms: 0 });
});

it("[ROW4] archiving, unarchiving and deleting are a row for each message touched, and one more", async () => {
  const { stub } = await filled(20);
  const archive = { archived: true };
  expect(await writtenBy(stub, { offsets: [1, 2, 3, 99] }, archive)).toBe(4);
  expect(await writtenBy(stub, { offsets: [1, 2, 3, 99] }, archive)).toBe(0);
  expect(await writtenBy(stub, { offsets: [2, 3, 4] }, archive)).toBe(2);
  const takeBack = { archived: false };
  expect(await writtenBy(stub, { offsets: [1, 2, 20] }, takeBack)).toBe(3);
  expect(await writtenBy(stub, { offsets: [1, 2, 20] }, takeBack)).toBe(0);
  const remove = { remove: true as const };
  expect(await writtenBy(stub, { offsets: [3, 5, 20, 99] }, remove)).toBe(4);
  expect(await writtenBy(stub, { offsets: [3, 5, 20, 99] }, remove)).toBe(0);
});

it("[ROW4] [STA5] `up_to` below the newest watermark is a row for each message it changes, and one more", async () => {
  const { stub } = await filled(20);
  await mark(stub, 15, { read: true });
  expect(await writtenBy(stub, { upTo: 10 }, { read: true })).toBe(0);
  await mark(stub, [8, 9, 12], { read: false });
  expect(await writtenBy(stub, { upTo: 10 }, { read: true })).toBe(3);
  expect(await writtenBy(stub, { upTo: 10 }, { read: true })).toBe(0);
  expect(await writtenBy(stub, { upTo: 14 }, { read: true })).toBe(2);
});

it.each(BOTH)(
  "[ROW2] [ROW3] [LOG9] expiry writes nothing, and rows of expired messages are reused, $name",
  async ({ rest }) => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    await stub.publish([draft("stays"), ...ending(10)]);
    vi.setSystemTime(NOW + TTL_SECONDS * 1000);
    for (let n = 0; n < 2; n++) {
      await rest(stub);
      const cost = await costOf(stub, (inbox) => inbox.list(LIST, "backend"));
      expect(cost).toMatchObject({ written: 0, alarms: 0 });
    }
    // Two publishes more than there are rows to reuse.
    for (let n = 0; n < 12; n++) {
      await rest(stub);
      const { written, read, alarms } = await costOf(stub, (inbox) => inbox.publish([draft(n)]));
      expect({ written, alarms }).toEqual({ written: 1, alarms: 0 });
      // The first publish reads the whole inbox.
      if (n > 0) expect(read).toBeLessThanOrEqual(4);
    }
  },
);

it.each(
  BOTH.flatMap((both) => [
    { ...both, head: "kept", after: [draft("stays")] },
    { ...both, head: "swept", after: [] },
  ]),
)(
  "[LOG15] the alarm writes a row for each message that it sweeps, and one more, $name, its head $head",
  async ({ rest, after }) => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    await stub.publish([draft("stays"), ...ending(10), ...after]);
    vi.setSystemTime(NOW + TTL_SECONDS * 1000);
    await rest(stub);
    const sweep = await costOf(stub, (inbox) => inbox.alarm());
    expect(sweep).toMatchObject({ written: 11, alarms: 1 });
    // With nothing to sweep the alarm still writes the checkpoint, which has the time of the next alarm.
    await rest(stub);
    const idle = await costOf(stub, (inbox) => inbox.alarm());
    expect(idle).toMatchObject({ written: 1, alarms: 1 });
  },
);

it("[ROW5] an untouched inbox is listed, connected to and left without storing anything", async () => {
  const stub = freshInbox();
  const cost = await costOf(stub, (inbox) => inbox.list(LIST, "backend"));
  expect(cost).toEqual({ written: 0, read: 0, alarms: 0 });
  const socket = await connect(stub);
  expect(await socket.nextOf("connected")).toMatchObject({ epoch: "0", offset: 0 });
  const live = await costOf(stub, (inbox) => inbox.publish([draft(1, { ttl: 0 })]));
  expect(live).toEqual({ written: 0, read: 0, alarms: 0 });
  expect((await socket.messages()).snapshot).toBe(true);
  expect((await socket.messages()).messages).toMatchObject([{ offset: null, data: 1 }]);
});
