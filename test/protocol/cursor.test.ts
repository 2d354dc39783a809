// Cursors, and the `since` of a connection.

import { expect, it } from "vitest";
import { parseCursor, parseSince, printCursor } from "../../src/protocol/cursor.ts";

it.each([
  ["0:0", { epoch: "0", offset: 0 }],
  ["k3jd9s0a1b:47", { epoch: "k3jd9s0a1b", offset: 47 }],
  ["Z:9007199254740991", { epoch: "Z", offset: Number.MAX_SAFE_INTEGER }],
])("[CUR3] the cursor %s is read, and printed the same", (text, cursor) => {
  expect(parseCursor(text)).toEqual(cursor);
  expect(printCursor(cursor.epoch, cursor.offset)).toBe(text);
});

it.each([
  ...[
    "",
    ":",
    "abc",
    "abc:",
    ":1",
    "abc:-1",
    "abc:1.5",
    "abc:01",
    "abc:1e3",
    "abc:9007199254740993",
  ],
  ...["a b:1", "abc:1 ", " abc:1", `${"e".repeat(33)}:1`, "é:1", "abc:1:2", "abc:１"],
])("[CUR3] %j is no cursor", (text) => {
  expect(parseCursor(text)).toBeNull();
});

it.each([
  [null, "snapshot"],
  ["", "snapshot"],
  ["latest", "latest"],
  ["abc:5", { epoch: "abc", offset: 5 }],
  ["LATEST", null],
  ["snapshot", null],
])("[CUR1] [CUR2] [CUR3] a `since` of %j is read as %j", (text, since) => {
  expect(parseSince(text)).toEqual(since);
});
