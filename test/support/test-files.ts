// The tests of each source file: the rule of their names, and the ways to find one from the other.

import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";
import { MUTANTS } from "../mutate/mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const exclude = ["**/node_modules"];

export const TESTS = globSync("test/**/*.test.ts", { cwd: ROOT, exclude }).sort();
const SOURCES = globSync("src/**/*.{ts,mjs}", { cwd: ROOT }).sort();

/** `src/log/log.ts` is of `log`, and so is `test/log/log.test.ts`. */
export const roomOf = (path: string) => path.split("/")[1] as string;

export const ROOMS = new Set(SOURCES.map(roomOf).filter((room) => !room.includes(".")));

/** The name of a file before its first dot. */
export const nameOf = (path: string) => basename(path).split(".")[0] as string;

const isOf = (test: string, name: string) => test === name || test.startsWith(`${name}-`);

/** Returns the file of the room that a test is named for: of two, the one with the longer name. */
export function sourceOf(test: string): string | undefined {
  return SOURCES.filter((source) => roomOf(source) === roomOf(test))
    .filter((source) => isOf(nameOf(test), nameOf(source)))
    .sort((a, b) => nameOf(b).length - nameOf(a).length)[0];
}

/** Whether a test is of a whole room: `inbox-clock`, or `golden`, which compares whole texts. */
export const isOfRoom = (test: string) =>
  nameOf(test) === "golden" || nameOf(test).startsWith(`${roomOf(test)}-`);

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Returns the tests with the rule in a name. */
export function testsOfRule(rule: string): string[] {
  return TESTS.filter((test) => read(test).includes(`[${rule}]`));
}

/**
 * Returns the tests that are named for a source file, that import it, or that its mutants name. If there is
 * none, returns those of the files that import it. If no file does, since it runs as a process, returns
 * those of the whole room.
 */
export function testsOfSource(source: string): string[] {
  if (!SOURCES.includes(source)) return [];
  const byMutants = MUTANTS.filter(({ file }) => file === source).flatMap(({ tests }) => tests);
  const own = TESTS.filter(
    (test) => sourceOf(test) === source || imports(test, source) || byMutants.includes(test),
  );
  if (own.length > 0) return own;
  const callers = SOURCES.filter((caller) => imports(caller, source));
  if (callers.length > 0) return [...new Set(callers.flatMap(testsOfSource))].sort();
  return TESTS.filter((test) => roomOf(test) === roomOf(source) && isOfRoom(test));
}

function imports(path: string, source: string): boolean {
  const modules = read(path).matchAll(/\bfrom "(\.[^"]+)"/g);
  return [...modules].some(([, module = ""]) => normalize(join(dirname(path), module)) === source);
}
