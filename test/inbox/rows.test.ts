// What an inbox costs in rows, by the counters of SQLite that the platform bills.

import { evictDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { connect, costOf, draft, drafts, freshInbox } from "../support/object.ts";

const LIST = { limit: 100, before: null, state: null, category: null, since: null };

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

it("[ROW2] a repeated message is none", async () => {
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
  // The first publish to a full inbox looks at all rows once, for the next VICTIMS_KEPT to give up.
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
