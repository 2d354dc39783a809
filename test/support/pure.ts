// The pure tests: neither they nor the files that they import need the runtime or start a process. Plain
// Node runs them, which is many times as fast.

import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** Modules that only the runtime has, or that start processes. Type imports need nothing. */
const MODULES = /^(cloudflare:.*|node:child_process|esbuild)$/;

/** Globals that only the runtime has. If a pure test fails for lack of another, add it here. */
const GLOBALS = /\b(WebSocketPair|WebSocketRequestResponsePair|timingSafeEqual)\(/;

/** `import … from "module";`, `export … from "module";` or `import "module";`, but not `import type`. */
const IMPORTS = /^(?:import|export)\s+(?!type\s)(?:[^;"]*?\sfrom\s+)?"([^"]+)";/gm;

interface File {
  imports: string[];
  isPure: boolean;
}

const files = new Map<string, File>();

function fileAt(path: string): File {
  const known = files.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(join(ROOT, path), "utf8");
  const modules = [...text.matchAll(IMPORTS)].map(([, module = ""]) => module);
  const file = {
    imports: modules
      .filter((module) => /^\..*\.ts$/.test(module))
      .map((module) => normalize(join(dirname(path), module))),
    isPure: !GLOBALS.test(text) && !modules.some((module) => MODULES.test(module)),
  };
  files.set(path, file);
  return file;
}

function isPure(path: string, seen = new Set<string>()): boolean {
  if (seen.has(path)) return true;
  seen.add(path);
  const file = fileAt(path);
  return file.isPure && file.imports.every((each) => isPure(each, seen));
}

/** The pure tests of the project, as paths from its root. */
export const PURE = globSync("test/**/*.test.ts", { cwd: ROOT, exclude: ["**/node_modules"] })
  .filter((path) => isPure(path))
  .sort();
