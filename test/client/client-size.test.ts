// The size of the SDK in an app, minified and gzipped: part by part, since bundlers drop unused parts.

import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

const CLIENT = resolve(import.meta.dirname, "../../src/client");

/** Returns the size in bytes of a bundle that exports these names of these files. */
async function bytesOf(exports: Record<string, string>): Promise<number> {
  const contents = Object.entries(exports)
    .map(([file, name]) => `export { ${name} } from "./${file}.ts";`)
    .join("\n");
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: CLIENT, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["react"],
  });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

const CORE = { index: "createClient" };

it("the core has at most 4,965 bytes", async () => {
  const bytes = await bytesOf(CORE);
  console.log(JSON.stringify({ core: bytes }));
  expect(bytes).toBeLessThanOrEqual(4_965);
});

it("the core and the inbox have at most 6,850 bytes", async () => {
  const bytes = await bytesOf({ ...CORE, inbox: "inbox" });
  console.log(JSON.stringify({ coreAndInbox: bytes }));
  expect(bytes).toBeLessThanOrEqual(6_850);
});

it.each([
  ["tabs", "sharedTabs", 1_430, CORE],
  ["sse", "sse", 1_045, CORE],
  [
    "react",
    "BelfryProvider, useClient, useInbox, useStatus, useTopic",
    375,
    { ...CORE, inbox: "inbox" },
  ],
] as const)("%s adds at most its share", async (file, name, most, base) => {
  const added = (await bytesOf({ ...base, [file]: name })) - (await bytesOf(base));
  console.log(JSON.stringify({ [file]: added }));
  expect(added).toBeLessThanOrEqual(most);
});

it("the server's part by itself has at most 2,640 bytes", async () => {
  const bytes = await bytesOf({ server: "createHub" });
  console.log(JSON.stringify({ server: bytes }));
  expect(bytes).toBeLessThanOrEqual(2_640);
});

it("the bundles contain nothing of the hub", async () => {
  const { metafile } = await build({
    entryPoints: ["index", "inbox", "server"].map((file) => resolve(CLIENT, `${file}.ts`)),
    bundle: true,
    write: false,
    metafile: true,
    outdir: "out",
    format: "esm",
  });
  const foreign = Object.keys(metafile.inputs).filter((path) => !path.startsWith("src/client/"));
  expect(foreign).toEqual([]);
});
