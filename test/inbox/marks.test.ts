// Marks: the change that each makes, the frames about it, and the order in which marks count. Each test runs
// on an inbox that answers from memory and on one that was evicted and answers from its rows.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { at, Device, filled, list, mark, messagesOf, range } from "../support/inbox.ts";
import { BOTH, connect, costOf, draft } from "../support/object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const time = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

afterEach(() => {
  vi.useRealTimers();
});

function clockAt(seconds: number): void {
  if (vi.isFakeTimers()) vi.setSystemTime(NOW + seconds * 1000);
  else vi.useFakeTimers({ toFake: ["Date"], now: NOW + seconds * 1000 });
}

/** A socket with no frame left to read. */
async function listening(stub: Parameters<typeof connect>[0]) {
  const socket = await connect(stub, "latest");
  await socket.nextOf("connected");
  return socket;
}

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[STA2] each change takes the next offset, and one cursor resumes messages and states", async () => {
    const { stub, epoch } = await filled(3);
    expect(await mark(stub, [1], { read: true })).toMatchObject({
      changed: true,
      offset: 4,
      epoch,
    });
    await stub.publish([draft(5)]);
    expect(await mark(stub, 5, { seen: true })).toMatchObject({ changed: true, offset: 6 });
    expect(await mark(stub, [2, 3], { archived: true })).toMatchObject({ offset: 7 });
    await rest(stub);
    const socket = await connect(stub, at(epoch, 3));
    await socket.nextOf("connected");
    const [frame] = await messagesOf(socket);
    expect(frame).toMatchObject({ since: 3, to: 7, messages: [{ offset: 5 }] });
    expect(frame?.states?.map(({ changed }) => changed)).toEqual([4, 6, 7, 7]);
    // From the middle: only later changes.
    const later = await connect(stub, at(epoch, 6));
    await later.nextOf("connected");
    const [rest6] = await messagesOf(later);
    expect(rest6?.states?.map(({ changed }) => changed)).toEqual([7, 7]);
    expect(rest6?.messages).toEqual([]);
  });

  it("[STA3] of the messages that a mark names only those that change are sent", async () => {
    clockAt(0);
    const { stub } = await filled(4);
    await mark(stub, [2], { read: true });
    const socket = await listening(stub);
    await rest(stub);
    clockAt(5);
    const marked = await mark(stub, [1, 2, 3, 99], { read: true });
    expect(marked).toMatchObject({ changed: true, counts: { unread: 1, unseen: 1, total: 4 } });
    expect(await messagesOf(socket)).toMatchObject([
      {
        since: 5,
        to: 6,
        messages: [],
        states: [
          { offsets: [1, 3], seen_at: time(5), changed: 6 },
          { offsets: [1, 3], read_at: time(5), changed: 6 },
        ],
      },
    ]);
    const { notifications } = await list(stub);
    expect(notifications.map(({ read_at }) => read_at)).toEqual([null, time(5), time(0), time(5)]);
  });

  it("[STA3] unread, archived and not archived are set and taken back alike", async () => {
    clockAt(0);
    const { stub } = await filled(2);
    await mark(stub, [1], { read: true });
    const socket = await listening(stub);
    await rest(stub);
    await mark(stub, [1], { read: false });
    await mark(stub, [2], { archived: true });
    const frames = await messagesOf(socket);
    expect(frames.map(({ states }) => states)).toEqual([
      [{ offsets: [1], read_at: null, changed: 4 }],
      [{ offsets: [2], archived_at: time(0), changed: 5 }],
    ]);
    // Seen stays seen.
    const [, first] = (await list(stub)).notifications;
    expect(first).toMatchObject({ offset: 1, seen_at: time(0), read_at: null });
  });

  it("[STA4] `up_to` is clamped to the head and sets a flag where it is not set, as one row", async () => {
    clockAt(0);
    const { stub, epoch } = await filled(5);
    await mark(stub, [2], { read: true });
    const socket = await listening(stub);
    await rest(stub);
    clockAt(9);
    const cost = await costOf(stub, (inbox) =>
      inbox.mark({ epoch, target: { upTo: 1_000_000 }, read: true }, "backend"),
    );
    expect(cost.written).toBe(1);
    expect((await messagesOf(socket)).map(({ states }) => states)).toEqual([
      [
        { up_to: 6, seen_at: time(9), changed: 7 },
        { up_to: 6, read_at: time(9), changed: 7 },
      ],
    ]);
    await rest(stub);
    const { notifications } = await list(stub);
    const read = notifications.map(({ read_at }) => read_at);
    expect(read).toEqual([time(9), time(9), time(9), time(0), time(9)]);
    // A later message is below no watermark.
    await stub.publish([draft(6)]);
    expect((await list(stub)).counts).toEqual({ unread: 1, unseen: 1, total: 6 });
  });

  it("[STA5] below the present watermark the touched messages are changed one by one", async () => {
    clockAt(0);
    const { stub, epoch } = await filled(9);
    await mark(stub, 8, { read: true });
    await mark(stub, [3, 7], { read: false });
    const socket = await listening(stub);
    await rest(stub);
    clockAt(7);
    const cost = await costOf(stub, (inbox) =>
      inbox.mark({ epoch, target: { upTo: 5 }, read: true }, "backend"),
    );
    // A row for the message, and one for the checkpoint.
    expect(cost.written).toBe(2);
    expect((await messagesOf(socket)).map(({ states }) => states)).toEqual([
      [{ offsets: [3], read_at: time(7), changed: 12 }],
    ]);
    const { notifications, counts } = await list(stub);
    expect(notifications.filter(({ read_at }) => read_at === null).map((m) => m.offset)).toEqual([
      9, 7,
    ]);
    expect(counts).toEqual({ unread: 2, unseen: 1, total: 9 });
  });

  it("[STA6] a later change of a message overrides an earlier watermark", async () => {
    clockAt(0);
    const { stub } = await filled(3);
    await mark(stub, 3, { read: true });
    await mark(stub, [2], { read: false });
    await rest(stub);
    const unread = await list(stub, { state: "unread" });
    expect(unread.notifications.map(({ offset }) => offset)).toEqual([2]);
    // A watermark later still counts for it again.
    clockAt(3);
    await mark(stub, 6, { read: true });
    await rest(stub);
    const { notifications } = await list(stub);
    expect(notifications.map(({ read_at }) => read_at)).toEqual([time(0), time(3), time(0)]);
  });

  it("[STA8] states come before the messages that they must not touch", async () => {
    const { stub, epoch } = await filled(2);
    const device = new Device();
    await device.connect(stub);
    await device.drop();
    await stub.publish([draft(3), draft(4)]);
    await mark(stub, 4, { read: true });
    await mark(stub, [3], { read: false });
    await rest(stub);
    await device.connect(stub);
    const [frame] = device.frames;
    expect(frame).toMatchObject({ epoch, messages: [{ offset: 3, read_at: null }, { offset: 4 }] });
    // Applied after the messages, this state would make message 3 read.
    expect(frame?.states).toContainEqual(
      expect.objectContaining({ up_to: 4, read_at: expect.any(String) }),
    );
    const held = [...device.view.held.values()];
    expect(held.map(({ read_at }) => read_at === null)).toEqual([false, false, true, false]);
    expect(device.view.counts).toEqual({ unread: 1, unseen: 0, total: 4 });
  });

  it("[STA9] an unarchived message is sent whole, live and on resuming", async () => {
    const { stub } = await filled(3);
    await mark(stub, [2], { archived: true });
    // This device's snapshot leaves the archived message out.
    const [live, away] = [new Device(), new Device()];
    for (const device of [live, away]) await device.connect(stub);
    expect([...live.view.held.keys()]).toEqual([1, 3]);
    await away.drop();
    await rest(stub);
    await mark(stub, [2], { archived: false });
    await live.settle();
    await rest(stub);
    await away.connect(stub);
    for (const device of [live, away]) {
      expect(device.view.held.get(2)).toMatchObject({ offset: 2, data: 2, archived_at: null });
      expect(device.view.counts).toEqual({ unread: 3, unseen: 3, total: 3 });
    }
  });

  it("[STA10] a mark of another epoch is refused and changes nothing", async () => {
    const { stub, epoch } = await filled(2);
    await rest(stub);
    for (const target of [{ offsets: [1] }, { upTo: 2 }]) {
      const refused = await stub.mark({ epoch: `${epoch}x`, target, read: true }, "backend");
      expect(refused).toMatchObject({ code: "other_epoch", field: "epoch" });
    }
    expect((await list(stub)).counts.unread).toBe(2);
  });

  it.each([
    { what: "what is read is read again", target: [1], change: { read: true } },
    { what: "an unread message is made unread", target: [3], change: { read: false } },
    { what: "a message that is not there is read", target: [99], change: { read: true } },
    { what: "all up to a read one is read", target: 2, change: { read: true } },
    { what: "all up to a seen one is seen", target: 2, change: { seen: true as const } },
    { what: "a deleted message is deleted", target: [2], change: { remove: true as const } },
  ])("[STA11] no offset is taken and no frame sent when $what", async ({ target, change }) => {
    const { stub } = await filled(3);
    await mark(stub, 2, { read: true });
    await mark(stub, [2], { remove: true });
    const socket = await listening(stub);
    await rest(stub);
    expect(await mark(stub, target, change)).toMatchObject({ changed: false, offset: 5 });
    expect(await messagesOf(socket)).toEqual([]);
    await stub.publish([draft(6)]);
    expect(await messagesOf(socket)).toMatchObject([{ since: 5, to: 6 }]);
  });

  it("[STA14] a user changes an inbox ten times over at once, and once more in each minute", async () => {
    clockAt(0);
    const { stub } = await filled(500);
    const target = { offsets: range(1, 500) };
    const toggle = async (archived: boolean) => {
      const result = await stub.mark({ epoch: null, target, archived }, { iat: null });
      return typeof result === "string" ? "done" : result.code;
    };
    for (let n = 0; n < 10; n++) {
      expect(await toggle(n % 2 === 0)).toBe("done");
      await rest(stub);
    }
    expect(await toggle(true)).toBe("too_many_requests");
    await rest(stub);
    // A backend is not limited.
    await mark(stub, [1], { archived: true });
    clockAt(61);
    expect(await toggle(true)).toBe("done");
    expect(await toggle(false)).toBe("too_many_requests");
  });

  it("[STA12] a deleted message is blanked at once and named in `removed`", async () => {
    const { stub, epoch } = await filled(3);
    const socket = await listening(stub);
    await rest(stub);
    const marked = await mark(stub, [2], { remove: true });
    expect(marked.counts).toEqual({ unread: 2, unseen: 2, total: 2 });
    expect(await messagesOf(socket)).toMatchObject([
      { since: 3, to: 4, messages: [], removed: [2], states: [] },
    ]);
    const bodies = await runInDurableObject(stub, (_inbox, { storage }) =>
      storage.sql.exec("SELECT offset, body IS NULL AS blank FROM log ORDER BY offset").toArray(),
    );
    expect(bodies.map(({ blank }) => blank)).toEqual([0, 1, 0]);
    await rest(stub);
    expect((await list(stub)).notifications.map(({ offset }) => offset)).toEqual([3, 1]);
    // `removed` names only messages up to the cursor, since the device holds no later ones.
    for (const [cursor, removed] of [
      [3, [2]],
      [2, [2]],
      [1, []],
    ] as const) {
      const resumed = await connect(stub, at(epoch, cursor));
      await resumed.nextOf("connected");
      const [step] = await messagesOf(resumed);
      expect([step?.since, step?.to, step?.removed]).toEqual([cursor, 4, removed]);
    }
  });
});

it("[STA11] reading all again changes nothing, however far `up_to` goes", async () => {
  const { stub } = await filled(2);
  expect(await mark(stub, 1_000, { read: true })).toMatchObject({ changed: true, offset: 3 });
  expect(await mark(stub, 1_000, { read: true })).toMatchObject({ changed: false, offset: 3 });
  expect(await mark(stub, 1_000, { seen: true })).toMatchObject({ changed: false, offset: 3 });
});
