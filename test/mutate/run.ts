// Runs each mutant alone against the tests that must notice it: `npm run mutate`, or with a part of a
// file's name for those of that file. A mutant that survives, or whose text is not there, is a failure.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MUTANTS, type Mutant } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");

/** What became of one; the file is as it was afterwards. */
function verdictOf({
  file,
  text,
  instead,
  tests,
}: Mutant): "killed" | "survived" | "text not found" {
  const path = join(ROOT, file);
  const source = readFileSync(path, "utf8");
  if (source.split(text).length !== 2) return "text not found";
  const restore = () => writeFileSync(path, source);
  const stop = () => {
    restore();
    process.exit(130);
  };
  process.once("SIGINT", stop);
  try {
    writeFileSync(
      path,
      source.replace(text, () => instead),
    );
    const { status } = spawnSync(process.execPath, [VITEST, "run", "--bail=1", ...tests], {
      cwd: ROOT,
      stdio: "ignore",
    });
    return status === 0 ? "survived" : "killed";
  } finally {
    restore();
    process.off("SIGINT", stop);
  }
}

const meant = MUTANTS.filter(({ file }) => file.includes(process.argv[2] ?? ""));
let killed = 0;
for (const mutant of meant) {
  const verdict = verdictOf(mutant);
  if (verdict === "killed") killed += 1;
  console.log(`${verdict.padEnd(15)} ${mutant.file.padEnd(32)} ${mutant.why}`);
}
console.log(`${killed} of ${meant.length} killed`);
process.exitCode = killed === meant.length ? 0 : 1;
