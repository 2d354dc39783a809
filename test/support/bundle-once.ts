// Bundles the Worker once for all tests that start a hub.

import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { TestProject } from "vitest/node";
import { bundleWorker } from "./bundle.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const bundle = await bundleWorker();
  project.provide("bundle", bundle);
  return () => rm(dirname(bundle), { recursive: true, force: true });
}

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the bundled Worker. */
    bundle: string;
  }
}
