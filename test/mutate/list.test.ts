// The list itself, without running it: each mutant finds its text, and the page lists all that are not run.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { MUTANTS } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(resolve(ROOT, path), "utf8");

it("the text of each mutant is in its file exactly once, and changes something", () => {
  const lost = MUTANTS.filter(
    ({ file, text, instead }) => read(file).split(text).length !== 2 || text === instead,
  );
  expect(lost.map(({ file, why }) => `${file}: ${why}`)).toEqual([]);
});

it("no mutant is there twice, and each has tests that exist", () => {
  const changes = MUTANTS.map(({ file, text, instead }) => JSON.stringify([file, text, instead]));
  expect(new Set(changes).size).toBe(changes.length);
  const missing = MUTANTS.flatMap(({ tests }) => tests).filter(
    (test) => !existsSync(resolve(ROOT, test)),
  );
  expect(missing).toEqual([]);
  expect(MUTANTS.filter(({ tests, equivalent }) => !equivalent && tests.length === 0)).toEqual([]);
});

it.each(["log", "live", "delivery", "inbox", "topic", "socket", "edge"])(
  "src/%s has mutants",
  (room) => {
    expect(MUTANTS.some(({ file }) => file.startsWith(`src/${room}/`))).toBe(true);
  },
);

it("docs/testing.md names each mutant that is not run, and why", () => {
  const page = read("docs/testing.md").replace(/\s+/g, " ");
  const untold = MUTANTS.filter(({ equivalent }) => equivalent && !page.includes(equivalent));
  expect(untold.map(({ why }) => why)).toEqual([]);
});
