// The bundle of one module that a hub serves: complete except for the code that it loads later.

import { resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { ASSETS } from "./entries.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ELEMENT = resolve(ROOT, "src/element");

/** Keeps the list in a file beside the element's: a bundler would put both into one. */
const apart: Plugin = {
  name: "apart",
  setup: (build) =>
    build.onResolve({ filter: /^\.\/code\.ts$/ }, ({ resolveDir }) =>
      resolveDir === ELEMENT ? { path: resolve(ELEMENT, "code-of-hub.ts") } : undefined,
    ),
};

export async function bundleAsset(name: keyof typeof ASSETS): Promise<Uint8Array> {
  const contents = ASSETS[name].map((path) => `export * from "./${path}";`).join("\n");
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT, sourcefile: `${name}.js` },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "warning",
    plugins: [apart],
  });
  return outputFiles[0]?.contents as Uint8Array;
}
