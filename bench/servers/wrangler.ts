// Reads the bench's settings from wrangler.toml, and makes the hub's bundle just as a deploy would,
// without deploying it.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { temporaryFolder } from "./temporary.ts";

export const PROJECT = join(import.meta.dirname, "..", "..");

const BUNDLE_MS_MAX = 120_000;

/** The compatibility settings of the hub; the bare Workers run under the same. */
export function compatibility(): { date: string; flags: string[] } {
  const toml = wranglerToml();
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(toml)?.[1];
  if (!date) throw new Error("wrangler.toml has no compatibility_date.");
  const flags = /^compatibility_flags\s*=\s*\[([^\]]*)\]/m.exec(toml)?.[1] ?? "";
  return { date, flags: [...flags.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "") };
}

/** The object classes and the names that they are bound to. */
export function objectBindings(): { binding: string; className: string }[] {
  const tables = wranglerToml()
    .split(/^\[\[durable_objects\.bindings\]\]$/m)
    .slice(1);
  return tables.map((table) => ({
    binding: /^name\s*=\s*"([^"]+)"/m.exec(table)?.[1] ?? "",
    className: /^class_name\s*=\s*"([^"]+)"/m.exec(table)?.[1] ?? "",
  }));
}

let bundled: string | undefined;

/** The folder of the bundle, made once per run and removed with it. */
export function bundle(): string {
  bundled ??= makeBundle();
  return bundled;
}

function makeBundle(): string {
  const folder = temporaryFolder("belfry-bundle");
  const bin = join(PROJECT, "node_modules", ".bin");
  execFileSync(join(bin, "wrangler"), ["deploy", "--dry-run", "--outdir", folder], {
    cwd: PROJECT,
    // The Node of the project comes first: wrangler needs a newer one than the system may have.
    env: {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
      WRANGLER_SEND_METRICS: "false",
    },
    stdio: ["ignore", "ignore", "inherit"],
    timeout: BUNDLE_MS_MAX,
  });
  return folder;
}

function wranglerToml(): string {
  return readFileSync(join(PROJECT, "wrangler.toml"), "utf8");
}
