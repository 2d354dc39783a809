// The Worker of another release, bundled from the history of this repository.

import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The release before while there is no tag: the last commit before 0.1.0 took shape. */
const BEFORE_THE_FIRST_TAG = "f8448c8";

/**
 * Returns the commit of the newest tag before HEAD, or of UPGRADE_FROM; null where there is no git, or where
 * the history does not reach back to it: in an archive of the sources, or in a shallow clone.
 */
export async function releaseBefore(): Promise<string | null> {
  try {
    const ref = process.env.UPGRADE_FROM ?? (await newestTag()) ?? BEFORE_THE_FIRST_TAG;
    return await git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
  } catch {
    return null;
  }
}

async function newestTag(): Promise<string | undefined> {
  const versions = ["--list", "v[0-9]*", "[0-9]*", "--sort=-version:refname"];
  const tags = await git("tag", ...versions, "--merged", "HEAD", "--no-contains", "HEAD");
  return tags.split("\n")[0] || undefined;
}

async function git(...args: string[]): Promise<string> {
  return (await run("git", args, { cwd: ROOT })).stdout.trim();
}

/** Bundles the sources of a commit with the installed modules; returns the path of the bundle. */
export async function bundleOf(commit: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "belfry-release-"));
  const archive = join(folder, "src.tar");
  await git("archive", `--output=${archive}`, commit, "src");
  await run("tar", ["-xf", archive, "-C", folder]);
  const outfile = join(folder, "worker.js");
  await build({
    entryPoints: [join(folder, "src/worker.ts")],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    nodePaths: [join(ROOT, "node_modules")],
    logLevel: "error",
  });
  return outfile;
}
