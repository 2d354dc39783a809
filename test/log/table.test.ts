// A table by its columns, as two releases know it: the newer one has a column more.

import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { Table } from "../../src/log/table.ts";
import { costOf, freshInbox } from "../support/object.ts";

const OLDER = { key: "TEXT PRIMARY KEY", size: "INTEGER NOT NULL" } as const;
const older = new Table("things", OLDER, "WITHOUT ROWID");
const newer = new Table(
  "things",
  { ...OLDER, color: "TEXT", weight: "INTEGER NOT NULL DEFAULT 5" } as const,
  "WITHOUT ROWID",
);
const [old, red] = [
  { key: "a", size: 1 },
  { key: "b", size: 2, color: "red", weight: 7 },
];

/** Runs a test on a table that the older release has made, with one row. */
async function withOlder(test: (sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(freshInbox(), (_object, { storage: { sql } }) => {
    older.make(sql);
    older.put(sql, old);
    test(sql);
  });
}

it("[LOG16] rows of an older release are read, with the default of each later column", () =>
  withOlder((sql) => {
    expect(newer.rows(sql, "ORDER BY key")).toEqual([{ ...old, color: null, weight: 5 }]);
    expect(newer.rows(sql, "WHERE key = ?", "none")).toEqual([]);
  }));

it("[LOG16] a row is written to a table of an older release, before any is read", () =>
  withOlder((sql) => {
    newer.make(sql);
    newer.put(sql, red);
    expect(newer.rows(sql, "WHERE key = 'b'")).toEqual([red]);
  }));

it("[LOG16] the older release goes on with a table that a newer one has changed", () =>
  withOlder((sql) => {
    newer.put(sql, red);
    older.put(sql, { key: "c", size: 3 });
    expect(older.rows(sql, "ORDER BY key").map(({ size }) => size)).toEqual([1, 2, 3]);
    expect(newer.rows(sql, "WHERE key = 'c'")).toEqual([
      { key: "c", size: 3, color: null, weight: 5 },
    ]);
  }));

it("[LOG16] a write that is rolled back removes the new columns, and the next one adds them", async () => {
  await runInDurableObject(freshInbox(), (_object, { storage }) => {
    const { sql } = storage;
    older.make(sql);
    const fail = () =>
      storage.transactionSync(() => {
        newer.put(sql, red);
        throw new Error("no room");
      });
    expect(fail).toThrow("no room");
    newer.put(sql, red);
    expect(newer.rows(sql, "")).toEqual([red]);
  });
});

it("[LOG16] each added column writes one row, once, and a complete table costs none", async () => {
  const stub = freshInbox();
  const cost = (action: (sql: SqlStorage) => unknown) =>
    costOf(stub, (object) =>
      action((object as unknown as { ctx: DurableObjectState }).ctx.storage.sql),
    );
  await cost((sql) => older.make(sql));
  expect(await cost((sql) => newer.rows(sql, ""))).toMatchObject({ written: 2 });
  expect(await cost((sql) => newer.rows(sql, ""))).toEqual(
    await cost((sql) => older.rows(sql, "")),
  );
  expect(await cost((sql) => newer.put(sql, red))).toMatchObject({ written: 1, read: 0 });
});

it("a table that does not exist has no rows, and any other failure is thrown", () =>
  runInDurableObject(freshInbox(), (_object, { storage: { sql } }) => {
    expect(newer.isIn(sql)).toBe(false);
    expect(newer.rows(sql, "")).toEqual([]);
    newer.make(sql);
    expect(newer.isIn(sql)).toBe(true);
    expect(() => newer.rows(sql, "WHERE shape = 1")).toThrow("no such column: shape");
  }));
