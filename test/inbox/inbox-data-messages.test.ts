// The counts: a message without a `notification` is for programs, and is seen and read from the start.

import { afterEach, describe, expect, it, vi } from "vitest";
import { at, list, mark, offsetsOf, publish, range } from "../support/inbox.ts";
import { keptOf, namedTopic, namedUser, untilDelivered } from "../support/member.ts";
import { BOTH, connect, costOf, draft, drafts, freshInbox } from "../support/object.ts";

const silent = (data: unknown) => draft(data, { isSilent: true });
const silents = (count: number) => Array.from({ length: count }, (_, i) => silent(i));

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[STA15] a message without a notification is in total, and neither unread nor unseen", async () => {
    const stub = freshInbox();
    await stub.publish([draft(1), silent(2), silent(3)]);
    await rest(stub);
    const { notifications, counts } = await list(stub);
    expect(counts).toEqual({ unread: 1, unseen: 1, total: 3 });
    const states = notifications.map(({ seen_at, read_at, time }) => [
      seen_at === time,
      read_at === time,
    ]);
    expect(states).toEqual([
      [true, true],
      [true, true],
      [false, false],
    ]);
    for (const [state, offsets] of [
      ["unread", [1]],
      ["unseen", [1]],
      ["read", [3, 2]],
    ] as const) {
      const page = await list(stub, { state });
      expect(page.notifications.map(({ offset }) => offset)).toEqual(offsets);
    }
  });

  it("[STA15] a device gets it as seen and read, live, in a replay and in a snapshot", async () => {
    const stub = freshInbox();
    const first = await publish(stub, draft(1));
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    await stub.publish([silent(2)]);
    const counts = { unread: 1, unseen: 1, total: 2 };
    const live = await socket.messages();
    const [message] = live.messages;
    expect(live).toMatchObject({
      counts,
      messages: [{ seen_at: message?.time, read_at: message?.time }],
    });
    await rest(stub);
    const replayed = await connect(stub, at(first.epoch, 1));
    expect((await replayed.messages()).messages).toEqual([message]);
    const snapshot = await connect(stub);
    expect((await snapshot.messages()).messages[1]).toEqual(message);
  });

  it("[STA15] such a message may be marked unread by name, and then counts until it is read", async () => {
    const stub = freshInbox();
    await stub.publish([silent(1)]);
    await rest(stub);
    expect((await mark(stub, 1, { read: true })).changed).toBe(false);
    expect(await mark(stub, [1], { read: false })).toMatchObject({
      changed: true,
      counts: { unread: 1, unseen: 0, total: 1 },
    });
    await rest(stub);
    expect(await mark(stub, 1, { read: true })).toMatchObject({ counts: { unread: 0 } });
  });

  it("[STA15] [LOG6] [LOG12] a full inbox evicts it before an unread one, and a cursor before it does not recover", async () => {
    const stub = freshInbox();
    await stub.publish([...drafts(499), silent("for programs")]);
    const { cursor } = await list(stub);
    await rest(stub);
    await publish(stub, draft("new"));
    const offsets = await offsetsOf(stub);
    expect(offsets).toEqual([...range(1, 499), 501]);
    expect((await list(stub)).counts).toEqual({ unread: 500, unseen: 500, total: 500 });
    const epoch = cursor.split(":")[0] as string;
    for (const [offset, recovered] of [
      [499, false],
      [500, true],
    ] as const) {
      const socket = await connect(stub, at(epoch, offset));
      expect(await socket.nextOf("connected")).toMatchObject({ recovered });
    }
  });

  it("[STA15] unread messages take the places of silent ones, one or many, and the other way round", async () => {
    const stub = freshInbox();
    for (const count of [1, 20]) {
      await stub.publish([...drafts(500 - count), ...silents(count)]);
      await rest(stub);
      await stub.publish(drafts(count));
      expect((await list(stub)).counts).toEqual({ unread: 500, unseen: 500, total: 500 });
      await mark(stub, 10_000, { read: true });
      await stub.publish(silents(count));
      expect((await list(stub)).counts).toEqual({ unread: 0, unseen: 0, total: 500 });
      await rest(stub);
      expect((await list(stub, { state: "unread" })).notifications).toEqual([]);
    }
  });

  it("[STA15] [ROW2] it costs one row, as any other", async () => {
    const stub = freshInbox();
    await stub.publish([draft(1)]);
    await rest(stub);
    expect((await costOf(stub, (inbox) => inbox.publish([silent(2)]))).written).toBe(1);
    const many = silents(30);
    expect((await costOf(stub, (inbox) => inbox.publish(many))).written).toBe(30);
  });

  it("[STA15] [FOL1] a message that a topic delivers counts the same way", async () => {
    const [ada, topic] = [namedUser(), namedTopic()];
    await ada.stub.follow(topic.name, "backend");
    await rest(ada.stub);
    await topic.stub.publish([draft(1), silent(2)]);
    await untilDelivered(topic, 2);
    await rest(ada.stub);
    expect(await keptOf(ada, topic.name)).toHaveLength(2);
    expect((await list(ada.stub)).counts).toEqual({ unread: 1, unseen: 1, total: 2 });
  });
});
