// Runs each mutant alone against the tests that must notice it: `npm run mutate`, or with parts of files'
// names for the mutants of those. The tests run on the unchanged code first, and must pass there.

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type Copy, copyOf } from "./copy.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

const KILLED_MIN = 0.95;
/** The limit on all tests of all mutants, on the unchanged code. */
const ALL_MS_MAX = 20 * 60_000;

const parts = process.argv.slice(2);
const meant = MUTANTS.filter(
  ({ file }) => parts.length === 0 || parts.some((part) => file.includes(part)),
);
const equivalent = meant.filter((mutant) => mutant.equivalent);
const waiting = meant.filter((mutant) => !mutant.equivalent);
const tests = [...new Set(waiting.flatMap((mutant) => mutant.tests))];

async function verdictOn({ file, text, instead, tests }: Mutant, copy: Copy): Promise<string> {
  const source = copy.read(file);
  if (source.split(text).length !== 2) return "text not found once";
  copy.write(
    file,
    source.replace(text, () => instead),
  );
  const outcome = await copy.run(tests);
  copy.write(file, source);
  if (outcome === "failed") return "killed";
  return outcome === "passed" ? "survived" : outcome;
}

const all = waiting.length;
const verdicts = new Map<string, number>();
const countOf = (verdict: string) => verdicts.get(verdict) ?? 0;

/** Runs one mutant after the other until none is left. */
async function work(copy: Copy): Promise<void> {
  for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
    const verdict = await verdictOn(mutant, copy);
    verdicts.set(verdict, countOf(verdict) + 1);
    console.log(`${verdict.padEnd(9)} ${mutant.file.padEnd(28)} ${mutant.why}`);
  }
}

const copies: Copy[] = [];
process.on("exit", () => {
  for (const copy of copies) copy.remove();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const root = resolve(import.meta.dirname, "../..");
copies.push(copyOf(root));
const [first] = copies as [Copy];
const asItIs = all === 0 ? "passed" : await first.run(tests, ALL_MS_MAX);
if (asItIs !== "passed") {
  console.log(`Without a mutant the tests are: ${asItIs}. Run them, and mend that first.`);
  process.exit(1);
}
while (copies.length < Math.min(availableParallelism(), all)) copies.push(copyOf(root));
await Promise.all(copies.map(work));

// A mutant that hangs its tests would fail them in the end.
const killed = countOf("killed") + countOf("hung");
console.log([...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(", "));
console.log(`${killed} of ${all} killed; ${equivalent.length} equivalent ones were not run`);
process.exitCode = killed >= KILLED_MIN * all && countOf("text not found once") === 0 ? 0 : 1;
