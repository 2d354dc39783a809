// Bundles the Worker once for all tests that start a hub.

import type { TestProject } from "vitest/node";
import { bundleWorker } from "./bundle.ts";

export default async function setup(project: TestProject): Promise<void> {
  project.provide("bundle", await bundleWorker());
}

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the bundled Worker. */
    bundle: string;
  }
}
