// The effect of eviction and expiry on an inbox's checkpoint, over rows that a test makes.

import { expect, it } from "vitest";
import type { FollowCursors } from "../../src/inbox/follow-cursors.ts";
import { InboxPolicy } from "../../src/inbox/log-policy.ts";
import type { InboxMeta } from "../../src/inbox/state.ts";
import {
  type Checkpoint,
  type Evictable,
  emptyCheckpoint,
  NO_OTHERS,
  UNKNOWN,
} from "../../src/log/checkpoint.ts";
import type { Flags, NewRow } from "../../src/log/row.ts";
import type { LogStore } from "../../src/log/store.ts";

const AGE = 1_000;
const NOW = 10_000;

/** A policy and the checkpoint of a log; `left` collects the offsets that the cursors receive. */
function inboxOf(head: number, next: Partial<Checkpoint<InboxMeta>> = {}) {
  const left: number[] = [];
  const cursors = { leave: (offsets: number[]) => left.push(...offsets) };
  const keep = new InboxPolicy(
    { messagesMax: 100, ageMs: AGE },
    cursors as unknown as FollowCursors,
  );
  const empty = emptyCheckpoint(keep.empty(), AGE);
  return { keep, left, next: { ...empty, head, ...next } };
}

/** A store with rows at these offsets, or with these rows. */
const storeOf = (rows: (number | Flags)[]) =>
  ({
    next: (offset: number) => rows.find((each) => (each as number) > offset) ?? null,
    flags: () => rows,
  }) as unknown as LogStore;

const evictable = (offset: number, rank: Evictable["rank"], unseen = false): Evictable => ({
  ...{ offset, rank, unseen, mayCarryCursor: false },
});

const row = (offset: number, flags: Partial<Flags> = {}): Flags => ({
  ...{ offset, blank: 0, time: NOW, expires: null, changed: null, seen_at: null, read_at: null },
  ...{ archived_at: null, topic: null, topic_offset: null },
  ...flags,
});

/** READ was marked by name; SILENT is read from the start because it has no notification. */
const READ = { changed: 90, seen_at: 1, read_at: 1 };
const SILENT = { seen_at: 1, read_at: 1 };
const AGED = { time: NOW - AGE };

const offsetsOf = (queue: Evictable[]) => queue.map(({ offset }) => offset);

it("[LOG6] [STA7] an evicted message leaves the counts in which it still was", () => {
  const { keep, next } = inboxOf(100);
  Object.assign(next.meta, { unread: 10, unseen: 10, total: 10 });
  const queue = [
    evictable(1, 0),
    evictable(2, 1),
    evictable(3, 2),
    evictable(4, 3),
    evictable(5, 3, true),
  ];
  keep.onEvict(next, storeOf([]), NOW, queue);
  expect(next.meta).toMatchObject({ unread: 8, unseen: 9, total: 7 });
});

it("[LOG12] `lost` is the newest evicted message that was unread or silent", () => {
  const { keep, next } = inboxOf(100);
  keep.onEvict(next, storeOf([]), NOW, [evictable(5, 2, true), evictable(4, 3), evictable(9, 2)]);
  expect(next.lost).toBe(5);
  keep.onEvict(next, storeOf([]), NOW, [evictable(3, 3)]);
  expect(next.lost).toBe(5);
});

it("[CUR10] `oldest` moves to the lowest message that is left, in the queue or outside it", () => {
  const { keep, next } = inboxOf(100, {
    oldest: 3,
    lowestUnqueued: 7,
    evictionQueue: [evictable(5, 3)],
  });
  keep.onEvict(next, storeOf([]), NOW, [evictable(3, 3)]);
  expect(next.oldest).toBe(5);
  Object.assign(next, { evictionQueue: [evictable(4, 0), evictable(9, 3)] });
  keep.onEvict(next, storeOf([]), NOW, [evictable(5, 3)]);
  expect(next.oldest).toBe(7);
  Object.assign(next, { lowestUnqueued: NO_OTHERS, evictionQueue: [] });
  keep.onEvict(next, storeOf([]), NOW, [evictable(7, 3)]);
  expect(next.oldest).toBe(100);
});

it("[CUR10] where the lowest outside the queue is unknown, the store finds the oldest", () => {
  const { keep, next } = inboxOf(100, { oldest: 3, lowestUnqueued: UNKNOWN });
  keep.onEvict(next, storeOf([3, 5, 6, 8]), NOW, [
    evictable(3, 3),
    evictable(5, 3),
    evictable(6, 3),
  ]);
  expect(next.oldest).toBe(8);
});

it("[CUR10] a message evicted from the middle is named, a blank row is not, and `oldest` stays", () => {
  const { keep, next } = inboxOf(100, { oldest: 3, lowestUnqueued: 3 });
  expect(
    keep.onEvict(next, storeOf([]), NOW, [evictable(2, 0), evictable(6, 0), evictable(5, 2)]),
  ).toEqual([5]);
  expect([next.oldest, next.meta.removed]).toEqual([3, 100]);
});

it("[FOL3] cursors hear of rows that may be the newest of a topic, and of no others", () => {
  const { keep, left, next } = inboxOf(100);
  keep.onEvict(next, storeOf([]), NOW, [
    evictable(1, 3),
    { ...evictable(2, 3), mayCarryCursor: true },
  ]);
  const topic = { topic: "t" };
  keep.onSweep(
    [row(3, topic), row(4, topic), row(5, { topic: "other" }), row(6)],
    new Set([3, 4, 6]),
  );
  expect(left).toEqual([2, 4]);
});

it("[LOG9] [LOG8] the next expiry is due when the first message ends, by its ttl or by its age", () => {
  const { keep, next } = inboxOf(3, { lowestUnqueued: NO_OTHERS });
  const stored = (offset: number, expires: number | null): NewRow => ({
    ...row(offset),
    ...{ body: '"notification":{}', category: null, read_at: null, expires },
  });
  keep.onAppend(next, stored(1, null));
  expect([next.due, next.lowestUnqueued]).toEqual([NOW + AGE, 1]);
  keep.onAppend(next, stored(2, NOW + 5));
  keep.onAppend(next, stored(3, NOW + 7));
  expect([next.due, next.lowestUnqueued]).toEqual([NOW + 5, 1]);
  keep.expire(next, storeOf([row(1), row(2, { expires: NOW }), row(3, { expires: NOW + 7 })]), NOW);
  expect(next.due).toBe(NOW + 7);
  keep.expire(next, storeOf([row(1)]), NOW + AGE);
  expect(next.due).toBeNull();
});

it("[STA7] an expiry counts the messages that are left, and finds the oldest", () => {
  const { keep, next } = inboxOf(9);
  Object.assign(next.meta, { unread: 7, unseen: 7, total: 7 });
  const rows = [row(2, AGED), row(3, READ), row(4, { expires: NOW }), row(5), row(6, { blank: 1 })];
  keep.expire(next, storeOf(rows), NOW);
  expect(next.meta).toMatchObject({ unread: 1, unseen: 1, total: 2 });
  expect(next.oldest).toBe(3);
  keep.expire(next, storeOf(rows), NOW + AGE);
  expect(next.meta).toMatchObject({ unread: 0, unseen: 0, total: 0 });
  expect(next.oldest).toBe(10);
});

it.each<[string, Partial<Flags>, boolean]>([
  ["unread", {}, true],
  ["unread, and would end later by its ttl", { expires: NOW + 1 }, true],
  ["without a notification, and nobody marked it", SILENT, true],
  ["read by name", READ, false],
  ["archived", { ...READ, archived_at: 1 }, false],
  ["archived without having been read", { changed: 90, archived_at: 1 }, false],
  ["deleted", { blank: 1 }, false],
  ["ended by its ttl before", { expires: NOW - 1 }, false],
  ["ended by its ttl in the same moment", { expires: NOW }, false],
])("[LOG12] a message ages out and is %s: lost %s", (_, flags, isTold) => {
  const { keep, next } = inboxOf(99);
  keep.expire(next, storeOf([row(5, { ...flags, ...AGED })]), NOW);
  expect(next.lost).toBe(isTold ? 5 : 0);
});

it("[LOG6] [STA15] the queue has blank rows, archived, read, then the oldest; silent ones are a loss", () => {
  const { keep, next } = inboxOf(99, { oldest: 2 });
  const archived = { changed: 90, archived_at: 1 };
  const rows = [row(1), row(2), row(3, READ), row(4, archived), row(5, SILENT), row(6, AGED)];
  keep.refillQueue(next, storeOf(rows), NOW, 4);
  expect(next.evictionQueue.map(({ offset, rank, unseen }) => [offset, rank, unseen])).toEqual([
    [6, 0, true],
    [4, 1, true],
    [3, 2, false],
    [5, 2, true],
  ]);
  // The row below `oldest` is gone already, so it is not the lowest outside the queue.
  expect(next.lowestUnqueued).toBe(2);
  keep.refillQueue(next, storeOf(rows), NOW, 9);
  expect(offsetsOf(next.evictionQueue)).toEqual([6, 4, 3, 5, 1, 2]);
  expect(next.lowestUnqueued).toBe(NO_OTHERS);
});
