// A copy of the project for the mutants, so that the project itself is never changed.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The limit on the tests of one mutant. A mutant that makes them hang is noticed as well. */
const RUN_MS_MAX = 120_000;

/** `broken`: a test file did not reach its tests, so that nothing was tried. */
export type Outcome = "passed" | "failed" | "hung" | "broken";

/** The members of vitest's JSON report that are read here. */
interface Report {
  numFailedTests: number;
  numPassedTests: number;
  success: boolean;
}

export interface Copy {
  /** Returns the text of a file, by its path from the project's folder. */
  read(file: string): string;
  write(file: string, text: string): void;
  /** Runs test files, for so many ms at most. */
  run(tests: readonly string[], msMax?: number): Promise<Outcome>;
  /** Deletes the copy, and ends the tests that run in it. */
  remove(): void;
}

/** Copies the files of the folder `root` that Git has, or would take, as they are now. */
export function copyOf(root: string): Copy {
  const folder = mkdtempSync(join(tmpdir(), "belfry-mutant-"));
  const listed = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of listed.split("\0"))
    if (file) cpSync(join(root, file), join(folder, file), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const report = join(folder, "report.json");
  let running: number | undefined;
  const kill = () => running && process.kill(-running, "SIGKILL");

  return {
    read: (file) => readFileSync(join(folder, file), "utf8"),
    write: (file, text) => writeFileSync(join(folder, file), text),
    async run(tests, msMax = RUN_MS_MAX) {
      rmSync(report, { force: true });
      const vitest = spawn(
        process.execPath,
        [
          join(root, "node_modules/vitest/vitest.mjs"),
          "run",
          "--bail=1",
          "--reporter=json",
          `--outputFile=${report}`,
          ...tests,
        ],
        // The process leads a group of its own, so that the runtimes that it starts end with it.
        { cwd: folder, stdio: "ignore", detached: true },
      );
      running = vitest.pid;
      let hangs = false;
      const limit = setTimeout(() => {
        hangs = true;
        kill();
      }, msMax);
      await once(vitest, "exit");
      running = undefined;
      clearTimeout(limit);
      if (hangs) return "hung";
      const { numFailedTests, numPassedTests, success } = reportIn(report);
      if (numFailedTests > 0) return "failed";
      return success && numPassedTests > 0 ? "passed" : "broken";
    },
    remove() {
      kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function reportIn(file: string): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { numFailedTests: 0, numPassedTests: 0, success: false };
  }
}
