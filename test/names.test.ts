// Tests are found by the name of the file that they test, and by the rule that they prove.

import { describe, expect, it } from "vitest";
import {
  isOfRoom,
  ROOMS,
  roomOf,
  sourceOf,
  TESTS,
  testsOfRule,
  testsOfSource,
} from "./support/test-files.ts";

describe("a test file", () => {
  it("of a room is named for a file of it, with an aspect or without, or for the room", () => {
    const inRooms = TESTS.filter((path) => ROOMS.has(roomOf(path)));
    expect(inRooms.length).toBeGreaterThan(100);
    expect(inRooms.filter((path) => sourceOf(path) === undefined && !isOfRoom(path))).toEqual([]);
  });

  it("has words in its name", () => {
    const inWords = /^test(\/[a-z]+)?\/[a-z]+(-[a-z]+)*\.test\.ts$/;
    expect(TESTS.filter((path) => !inWords.test(path))).toEqual([]);
  });
});

describe("npm run test:of", () => {
  it("finds the tests that a file's name, an import or a mutant leads to", () => {
    expect(sourceOf("test/inbox/follow-check.test.ts")).toBe("src/inbox/follow-check.ts");
    expect(sourceOf("test/edge/stream-rest.test.ts")).toBe("src/edge/stream.ts");
    expect(testsOfSource("src/edge/stream.ts")).toEqual(
      expect.arrayContaining(["test/edge/stream.test.ts", "test/edge/stream-rest.test.ts"]),
    );
    // Only the mutants of the file name its test.
    expect(testsOfSource("src/log/write-rows.ts")).toContain("test/log/log-alone.test.ts");
    // A test of its callers.
    expect(testsOfSource("src/element/feed.ts")).toContain("test/element/element-live.test.ts");
    expect(testsOfSource("src/log/nothing.ts")).toEqual([]);
  });

  it("finds the tests of a rule", () => {
    expect(testsOfRule("TRK1")).toEqual([]);
    expect(testsOfRule("ROW2").length).toBeGreaterThan(0);
  });
});
