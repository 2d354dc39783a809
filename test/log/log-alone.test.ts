// A log by itself: its alarm, its memory after a failed write, and a limit or an age that the operator has
// changed.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Row } from "../../src/log/row.ts";
import { IDENTITIES_MAX } from "../../src/protocol/limits.ts";
import { AGE_MS, bare, DAY_MS } from "../support/bare-log.ts";
import { range } from "../support/inbox.ts";
import { draft, drafts } from "../support/object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
});

const silenced = () => vi.spyOn(console, "error").mockReturnValue();

describe("the alarm of a log", () => {
  it("[LOG15] is requested once, and again when it is an hour late and so was lost", () =>
    bare(({ open }) => {
      const log = open();
      log.append(drafts(2), NOW);
      expect([log.takeAlarm(), log.at(NOW).alarm]).toEqual([true, NOW + AGE_MS]);
      expect(log.takeAlarm()).toBe(false);
      const later = open();
      const late = NOW + AGE_MS + HOUR_MS;
      later.append(drafts(1), late);
      expect(later.takeAlarm()).toBe(false);
      later.append(drafts(1), late + 1);
      expect([later.takeAlarm(), later.at(late + 1).alarm]).toEqual([true, late + 1 + AGE_MS]);
    }));

  it("[LOG14] is not requested for erased messages", () =>
    bare(async ({ open }) => {
      const log = open();
      log.append(drafts(2), NOW);
      await log.erase();
      expect(log.takeAlarm()).toBe(false);
    }));

  it("[LOG15] makes room for the next messages, which evict no other", () =>
    bare(async ({ open, stored }) => {
      const log = open();
      log.append(
        range(1, 10).map((n) => draft(n, n <= 5 ? { ttl: 60 } : {})),
        NOW,
      );
      // The messages that end are the first in the eviction queue.
      expect(log.at(NOW + 60_000).meta.total).toBe(5);
      await log.sweep(NOW + 60_000);
      expect(stored()).toEqual(range(6, 10));
      for (const { outcomes } of [
        log.append(drafts(4), NOW + 61_000),
        log.append(drafts(1), NOW + 62_000),
      ])
        expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["stored"]));
      expect(stored()).toEqual(range(6, 15));
    }));

  it("[LOG15] does nothing in an object that stores nothing", () =>
    bare(async ({ open }) => {
      expect(await open().sweep(NOW)).toBe(false);
    }));
});

describe("the memory of a log", () => {
  it("[LOG13] is unchanged after a change or a publish that failed", () =>
    bare(({ open, poison }) => {
      silenced();
      const log = open();
      log.append(drafts(10), NOW);
      log.append(drafts(1, 11), NOW);
      const before = structuredClone(log.at(NOW));
      expect(() =>
        log.change(NOW, (next) => {
          next.head += 1;
          next.meta.unread = 0;
          next.evictionQueue.splice(0);
          throw new Error("no room");
        }),
      ).toThrow("no room");
      expect(log.at(NOW)).toEqual(before);
      poison("poison");
      expect(log.append([draft("poison")], NOW).outcomes).toMatchObject([{ status: "failed" }]);
      expect(log.at(NOW)).toEqual(before);
    }));

  it("[CUR3] does not answer for messages that a change has touched", () =>
    bare(({ open }) => {
      const log = open();
      log.append(drafts(3), NOW);
      expect(log.recent(1, NOW)).toHaveLength(2);
      log.change(NOW, (next) => {
        next.head += 1;
      });
      expect(log.recent(1, NOW)).toBeNull();
      expect(log.recent(4, NOW)).toEqual([]);
    }));

  it("[LOG14] has no erased message", () =>
    bare(async ({ open }) => {
      const log = open();
      log.append(drafts(3), NOW);
      await log.erase();
      expect(log.recent(0, NOW)).toEqual([]);
    }));

  it("[CUR3] does not answer for messages from before the object woke", () =>
    bare(({ open }) => {
      open().append(drafts(3), NOW);
      expect(open().recent(1, NOW)).toBeNull();
    }));
});

it("[LOG13] drafts that are stored one by one are reported as one step", () =>
  bare(({ open, poison }) => {
    silenced();
    const log = open();
    // Messages without a notification are evicted before unread ones, here from the middle.
    log.append(
      range(1, 10).map((n) => draft(n, { isSilent: n === 5 || n === 7 })),
      NOW,
    );
    poison("poison");
    const list = [
      { ...draft("a"), exclude: "c1" },
      draft("poison"),
      { ...draft("b"), exclude: "c2" },
      { ...draft("c"), exclude: "c2" },
    ];
    const { since, to, entries, removed, excluded } = log.append(list, NOW);
    expect({ since, to, removed }).toEqual({ since: 10, to: 13, removed: [5, 7] });
    expect(entries.map(({ offset }) => offset)).toEqual([11, 12, 13]);
    expect([...excluded]).toEqual([
      ["c1", [0]],
      ["c2", [1, 2]],
    ]);
    // The same holds where the first of them fails.
    expect(log.append([draft("poison"), draft("d")], NOW)).toMatchObject({ since: 13, to: 14 });
  }));

describe("a limit that was lowered", () => {
  const many = range(1, 300).map((n) => draft(n, { isSilent: n === 250 }));

  it("[LOG6] removes a hundred more rows with each write, and devices learn of them", () =>
    bare(({ open, stored }) => {
      open({ messagesMax: 500 }).append(many, NOW);
      const log = open({ messagesMax: 50 });
      const removed = range(1, 4).map((n) => [
        ...log.append([draft(n)], NOW).removed,
        stored().length,
      ]);
      expect(removed).toEqual([[250, 200], [100], [50], [50]]);
      expect(stored()).toEqual(range(255, 304));
      expect(log.at(NOW)).toMatchObject({ rows: 50, oldest: 255, meta: { total: 50 } });
    }));

  it("[LOG13] removes nothing with a publish that fails", () =>
    bare(({ open, stored, poison }) => {
      silenced();
      open({ messagesMax: 500 }).append(many, NOW);
      poison("poison");
      const log = open({ messagesMax: 50 });
      log.append([draft("poison")], NOW);
      expect(stored()).toEqual(range(1, 300));
      expect(log.append([draft("good")], NOW).outcomes).toMatchObject([{ offset: 301 }]);
    }));
});

describe("an age that was changed", () => {
  it("[LOG8] ends older messages when the object wakes", () =>
    bare(({ open }) => {
      open().append(drafts(2), NOW);
      const later = open({ ageMs: DAY_MS }).at(NOW + DAY_MS);
      expect(later).toMatchObject({ oldest: 3, meta: { unread: 0, total: 0 } });
    }));

  it("[ROW3] costs one scan of all rows, and not one each time the object wakes", () =>
    bare(({ open }) => {
      open().append(drafts(2), NOW);
      const ageMs = AGE_MS / 2;
      open({ ageMs }).append(drafts(1), NOW);
      const log = open({ ageMs });
      const looks = vi.spyOn(log.store, "flags");
      log.append(drafts(1), NOW);
      expect(looks).not.toHaveBeenCalled();
    }));
});

describe("a row that is overwritten", () => {
  const marked: Pick<Row, "changed" | "seen_at" | "read_at" | "archived_at"> = {
    ...{ changed: 11, seen_at: 1, read_at: 2, archived_at: 3 },
  };

  it.each([1, 10])(
    "[LOG6] leaves nothing of its state to the message in its place, of %i",
    (count) =>
      bare(({ open }) => {
        const log = open();
        log.append(drafts(10), NOW);
        log.change(NOW, (next, store) => {
          next.head += 1;
          for (const offset of range(1, 10)) store.mark({ offset, ...marked });
        });
        log.append(drafts(count), NOW);
        for (const offset of range(12, 11 + count))
          expect(log.store.one(offset)).toMatchObject({
            ...{ changed: null, seen_at: null, read_at: null, archived_at: null },
          });
      }),
  );

  it("[LOG13] must exist: otherwise the message is reported as failed", () =>
    bare(({ open, storage }) => {
      silenced();
      const log = open();
      log.append(drafts(10), NOW);
      log.append(drafts(1), NOW);
      storage.sql.exec("DELETE FROM log WHERE offset = 2");
      expect(log.append(drafts(1), NOW).outcomes).toMatchObject([{ status: "failed" }]);
    }));

  it("[LOG6] makes room for a list of more than two megabytes in one write, bound in parts", () =>
    bare(({ open, storage }) => {
      const log = open({ messagesMax: 40 });
      log.append(drafts(40), NOW);
      const writes = vi.spyOn(storage, "transactionSync");
      const { exec } = storage.sql;
      let longest = 0;
      storage.sql.exec = ((...args: Parameters<typeof exec>) => {
        for (const arg of args) longest = Math.max(longest, String(arg ?? "").length);
        return exec.apply(storage.sql, args);
      }) as typeof exec;
      const text = "x".repeat(64 * 1024);
      log.append(
        range(1, 40).map(() => draft(text)),
        NOW,
      );
      expect(writes).toHaveBeenCalledTimes(1);
      // The platform accepts at most 2 MB in one value.
      expect(longest).toBeLessThan(1_000_000);
      expect(log.store.last()?.offset).toBe(80);
    }));

  it("[LOG6] may be of the list itself, when that is longer than the log, in one write", () =>
    bare(({ open, stored, storage }) => {
      const log = open();
      const writes = vi.spyOn(storage, "transactionSync");
      log.append(drafts(25), NOW);
      // One of them makes the tables.
      expect(writes.mock.calls.length).toBeLessThanOrEqual(2);
      expect(stored()).toEqual(range(16, 25));
    }));
});

it("[LOG3] [LOG5] an id that was used again after a day is known by its second use", () =>
  bare(({ open }) => {
    const log = open({ messagesMax: 1000 });
    const named = (id: string) => draft(id, { id });
    log.append([named("a"), ...range(1, 500).map((n) => named(`${n}`))], NOW);
    const later = NOW + DAY_MS + 1;
    expect(log.append([named("a")], later).outcomes).toMatchObject([{ status: "stored" }]);
    expect(log.append([named("a")], later + 1).outcomes).toMatchObject([{ status: "duplicate" }]);
  }));

it("[LOG3] ids fill at most two tables of a limited size, even within a day", () =>
  bare(({ open }) => {
    const log = open();
    log.append([draft("a", { id: "a" })], NOW);
    log.change(NOW, (next) => {
      next.identities = { table: 0, since: NOW, count: IDENTITIES_MAX / 2 };
    });
    log.append([draft("b", { id: "b" })], NOW);
    expect(log.at(NOW).identities).toEqual({ table: 1, since: NOW, count: 1 });
    expect(log.append([draft("a", { id: "a" })], NOW).outcomes).toMatchObject([
      { status: "duplicate" },
    ]);
  }));
