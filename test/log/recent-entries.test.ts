// The newest messages in memory: the range that the ring covers, and its limits.

import { describe, expect, it } from "vitest";
import { Entry } from "../../src/log/entry.ts";
import { RecentEntries } from "../../src/log/recent-entries.ts";

/** The UTF-16 units that an entry has besides its body. */
const AROUND = 64;

const entry = (offset: number, text = `${offset}`) =>
  new Entry({ offset, body: text.slice(AROUND), time: 0, expires: null }, "");
const offsets = (entries: { offset: number }[] | null) =>
  entries?.map(({ offset }) => offset) ?? null;

describe("the ring", () => {
  it("[CUR3] returns everything after an offset that it covers", () => {
    const ring = new RecentEntries();
    ring.clear(10);
    for (const offset of [11, 12, 15, 16]) ring.push(entry(offset));
    expect(offsets(ring.since(10))).toEqual([11, 12, 15, 16]);
    expect(offsets(ring.since(12))).toEqual([15, 16]);
    expect(offsets(ring.since(13))).toEqual([15, 16]);
    expect(offsets(ring.since(16))).toEqual([]);
  });

  it("[CUR3] leaves offsets before its range to storage", () => {
    const ring = new RecentEntries();
    ring.clear(10);
    ring.push(entry(11));
    expect(ring.since(9)).toBeNull();
    ring.clear(20);
    expect(ring.since(19)).toBeNull();
    expect(offsets(ring.since(20))).toEqual([]);
  });

  it("[CUR3] holds a limited amount of text, and never answers with a gap", () => {
    const ring = new RecentEntries();
    ring.clear(0);
    const text = "x".repeat(64 * 1024);
    for (let offset = 1; offset <= 20; offset++) ring.push(entry(offset, text));
    // Eight of these have 512 Ki units, the limit.
    expect(ring.since(11)).toBeNull();
    expect(offsets(ring.since(12))).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
    ring.push(entry(21, "x".repeat(512 * 1024 + 1)));
    expect(ring.since(20)).toBeNull();
    expect(offsets(ring.since(21))).toEqual([]);
  });

  it("[CUR3] answers the same after its array was cut", () => {
    const ring = new RecentEntries();
    ring.clear(0);
    const text = "x".repeat(512);
    for (let offset = 1; offset <= 5000; offset++) ring.push(entry(offset, text));
    expect(ring.since(3975)).toBeNull();
    const held = offsets(ring.since(3976)) ?? [];
    expect(held).toEqual(Array.from({ length: 1024 }, (_, i) => 3977 + i));
  });

  it("[CUR3] holds as much after it was cleared as before", () => {
    const ring = new RecentEntries();
    const text = "x".repeat(64 * 1024);
    for (const head of [0, 100, 200]) {
      ring.clear(head);
      expect(offsets(ring.since(head))).toEqual([]);
      for (let i = 1; i <= 20; i++) ring.push(entry(head + i, text));
      expect(offsets(ring.since(head + 12))).toHaveLength(8);
    }
    ring.clear(300);
    ring.push(entry(301));
    expect(offsets(ring.since(300))).toEqual([301]);
  });
});
