// The element's size, and the sources of its bundle.

import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { bundleAsset } from "../../src/operate/assets.ts";

const bytesOf = async (name: Parameters<typeof bundleAsset>[0]) =>
  gzipSync(await bundleAsset(name), { level: 9 }).length;

it("with the SDK and the inbox a page loads at most 13,800 bytes at first", async () => {
  const bytes = await bytesOf("belfry-inbox");
  console.log(JSON.stringify({ element: bytes }));
  expect(bytes).toBeLessThanOrEqual(13_800);
});

it("and at most 6,400 more for the list", async () => {
  const bytes = await bytesOf("belfry-inbox-list");
  console.log(JSON.stringify({ list: bytes }));
  expect(bytes).toBeLessThanOrEqual(6_400);
});

it("its bundle holds nothing but the element and the SDK", async () => {
  const { metafile } = await build({
    entryPoints: [resolve(import.meta.dirname, "../../src/element/index.ts")],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    outfile: "out.js",
  });
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => !/src\/(element|client)\//.test(path),
  );
  expect(foreign).toEqual([]);
});

it("a server, which has no custom elements, may import it", async () => {
  const { BelfryInbox } = await import("../../src/element/index.ts");
  expect(typeof BelfryInbox).toBe("function");
});
