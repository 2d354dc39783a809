// Detects whether a deployment asks for a jurisdiction. The runtime on a developer's machine has none,
// and would fail at every call of an object.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The files beside its configuration from which `wrangler dev` reads variables. */
const BESIDE = [".dev.vars", ".env", ".env.local"];
const SET = /^\s*(export\s+)?"?JURISDICTION"?\s*[=:]\s*(["']?)[^\s"'#]/m;

/**
 * Takes the folder of the checkout, and the configuration used in place of its own, if any; returns
 * whether one of the files sets JURISDICTION.
 */
export function setsJurisdiction(root: string, config = "wrangler.toml"): boolean {
  const path = resolve(root, config);
  return [path, ...BESIDE.map((name) => join(dirname(path), name))].some(
    (file) => existsSync(file) && SET.test(readFileSync(file, "utf8")),
  );
}
