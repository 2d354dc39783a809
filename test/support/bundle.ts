// The Worker as it is shipped: `wrangler deploy --dry-run` bundles it, once for a whole run.

import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../..");

/** Returns the path of the bundled Worker. */
export async function bundleWorker(): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), "belfry-bundle-"));
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  await promisify(execFile)(
    process.execPath,
    [wrangler, "deploy", "--dry-run", "--outdir", outdir],
    { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  return join(outdir, "worker.js");
}
