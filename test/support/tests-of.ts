// npm run test:of -- <rule or source file>: prints the names of its tests, and runs them.

import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { testsOfRule, testsOfSource } from "./test-files.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const [wanted = "", ...more] = process.argv.slice(2);
const isRule = /^[A-Z]{3}\d+$/.test(wanted);
const tests = isRule ? testsOfRule(wanted) : testsOfSource(wanted);
if (tests.length === 0) {
  console.error(
    `No test is of "${wanted}": npm run test:of -- STA5 for a rule, or src/log/log.ts for a file.`,
  );
  process.exit(2);
}
console.log(tests.join("\n"));
const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
const names = isRule ? ["-t", `\\[${wanted}\\]`] : [];
const { status } = spawnSync(process.execPath, [vitest, "run", ...names, ...tests, ...more], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exit(status ?? 1);
