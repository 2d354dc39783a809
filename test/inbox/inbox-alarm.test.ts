// The alarm: it deletes expired and aged messages, and the object itself when nothing is left.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { at, filled, list, mark, publish } from "../support/inbox.ts";
import {
  BOTH,
  connect,
  costOf,
  draft,
  freshInbox,
  ringInVain,
  type Stub,
} from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const DAY_MS = 86_400_000;
const AGE_MS = 90 * DAY_MS;

afterEach(() => {
  vi.useRealTimers();
});

const rowsOf = (stub: Stub) =>
  runInDurableObject(stub as ReturnType<typeof freshInbox>, (_inbox, { storage }) =>
    storage.sql
      .exec<{ offset: number; blank: number }>(
        "SELECT offset, body IS NULL AS blank FROM log ORDER BY offset",
      )
      .toArray(),
  );

const isUntouched = (stub: ReturnType<typeof freshInbox>) =>
  runInDurableObject(stub, async (_inbox, { storage }) => {
    const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'log'").toArray();
    return tables.length === 0 && (await storage.getAlarm()) === null;
  });

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[LOG15] the alarm deletes aged and expired messages, and the others stay", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub } = await filled(2);
    vi.setSystemTime(NOW + DAY_MS);
    await stub.publish([draft(3), draft(4, { ttl: 60 }), draft(5)]);
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    expect((await rowsOf(stub)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await rowsOf(stub)).map(({ offset }) => offset)).toEqual([3, 5]);
    expect((await list(stub)).counts.total).toBe(2);
  });

  it("[LOG15] an alarm that fails is tried again and not dropped", async () => {
    const failed = vi.spyOn(console, "error").mockReturnValue();
    const { stub } = await filled(2);
    await mark(stub, [1], { remove: true });
    await rest(stub);
    const again = await ringInVain(stub);
    expect(failed.mock.calls[0]?.[0]).toContain("alarm_failed");
    failed.mockRestore();
    expect(again).toBeGreaterThan(Date.now());
    expect(again).toBeLessThanOrEqual(Date.now() + 60_000);
    await runDurableObjectAlarm(stub);
    expect((await rowsOf(stub)).map(({ offset }) => offset)).toEqual([2]);
  });

  it("[LOG15] [LOG2] the row of the head is blanked at most", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, epoch } = await filled(2);
    await stub.publish([draft(3, { ttl: 60 })]);
    vi.setSystemTime(NOW + 60_000);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect(await rowsOf(stub)).toEqual([
      { offset: 1, blank: 0 },
      { offset: 2, blank: 0 },
      { offset: 3, blank: 1 },
    ]);
    await evictDurableObject(stub);
    expect(await publish(stub, draft(4))).toMatchObject({ offset: 4, epoch });
  });

  it("[LOG15] an empty inbox is deleted whole, and its sockets come back to an empty log", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, epoch } = await filled(3);
    const socket = await connect(stub, "latest", { exp: null });
    await socket.nextOf("connected");
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect(await expectEnd(socket, 4001)).toEqual([]);
    expect(await isUntouched(stub)).toBe(true);
    const again = await connect(stub, at(epoch, 3), { exp: null });
    expect(await again.nextOf("connected")).toMatchObject({ recovered: false, epoch: "0" });
  });

  it("[LOG15] [CON8] an inbox with a revocation is not forgotten", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub } = await filled(1);
    await stub.disconnect(false, NOW / 1000);
    vi.setSystemTime(NOW + AGE_MS);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    await rest(stub);
    expect(await stub.revokes(NOW / 1000 - 1)).toBe(true);
    expect((await list(stub)).notifications).toEqual([]);
  });

  it("[LOG15] [LOG3] an inbox that remembers an id of today is not forgotten", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    const stored = await publish(stub, draft("x", { id: "same", ttl: 60 }));
    vi.setSystemTime(NOW + DAY_MS - 1);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect(await publish(stub, draft("x", { id: "same", ttl: 60 }))).toEqual({
      ...stored,
      status: "duplicate",
    });
    vi.setSystemTime(NOW + DAY_MS);
    await rest(stub);
    await runDurableObjectAlarm(stub);
    expect(await isUntouched(stub)).toBe(true);
  });
});

it("[LOG15] an inbox sets one alarm in its life, for when its first message has aged", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  const stub = freshInbox();
  const first = await costOf(stub, (inbox) => inbox.publish([draft(1, { ttl: 5 })]));
  expect(first.alarms).toBe(1);
  vi.setSystemTime(NOW + DAY_MS);
  const later = await costOf(stub, async (inbox) => {
    await inbox.publish([draft(2, { ttl: 5 })]);
    inbox.mark({ epoch: null, target: { upTo: 2 }, read: true }, "backend");
  });
  expect(later.alarms).toBe(0);
  const alarm = await runInDurableObject(stub, (_inbox, { storage }) => storage.getAlarm());
  expect(alarm).toBe(NOW + AGE_MS);
});
