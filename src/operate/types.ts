// The declarations of the package's entries, as the compiler emits them.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ENTRIES } from "./entries.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Writes the declarations of the folders with entries into `folder`; `options` are more of the compiler's.
 * Throws if the compiler finds an error, which it has printed.
 */
export function emitTypes(folder: string, ...options: string[]): void {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const entries = Object.values(ENTRIES).filter((path) => existsSync(join(ROOT, path)));
  for (const each of new Set(entries.map(dirname))) {
    const { status } = spawnSync(
      process.execPath,
      [
        tsc,
        ...["-p", each, "--outDir", folder, "--rootDir", "src"],
        ...["--noEmit", "false", "--declaration", "--emitDeclarationOnly"],
        ...options,
      ],
      { cwd: ROOT, stdio: "inherit" },
    );
    if (status !== 0) throw new Error(`The declarations of ${each} could not be made: see above.`);
  }
}
