// The batch of messages after a cursor.

import { expect, it } from "vitest";
import { batchAfter } from "../../src/delivery/batch.ts";
import type { Log } from "../../src/log/log.ts";
import type { Row } from "../../src/log/row.ts";

/** Returns the end and the offsets of the batch that is made of these rows, up to an offset. */
function batchOf(rows: Partial<Row>[], upTo?: number, head = 200, oldest = 1) {
  const all = rows.map((row) => ({ body: "x", time: 0, expires: null, category: null, ...row }));
  const log = {
    at: () => ({ epoch: "e", head, lost: 0, oldest }),
    store: { after: (_since: number, limit: number) => all.slice(0, limit) },
  };
  const { entries, to } = batchAfter(log as unknown as Log<unknown>, 0, 1_000, new Map(), upTo);
  return { to, offsets: entries.map(({ offset }) => offset) };
}
const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ offset: i + 1 }));

it("[FOL1] a batch is a hundred messages, or all up to an offset", () => {
  expect(batchOf(rows(150))).toMatchObject({ to: 100, offsets: { length: 100 } });
  expect(batchOf(rows(5), 3)).toEqual({ to: 3, offsets: [1, 2, 3] });
  expect(batchOf(rows(5))).toEqual({ to: 200, offsets: [1, 2, 3, 4, 5] });
});

it("[FOL1] a batch ends with the message that makes it long enough, and the next one continues there", () => {
  const body = "x".repeat(600_000);
  const { to, offsets } = batchOf(rows(5).map((row) => ({ ...row, body })));
  expect([to, offsets]).toEqual([2, [1, 2]]);
});

it("[LOG8] [LOG9] a batch leaves out expired and aged messages, and its end is past them", () => {
  const own = [{ offset: 1 }, { offset: 2, expires: 1_000 }, { offset: 3, expires: 1_001 }];
  expect(batchOf(own, undefined, 3, 2)).toEqual({ to: 3, offsets: [3] });
});
