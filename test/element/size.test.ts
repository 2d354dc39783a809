// What a page pays for the element, and that nothing of another kind is in it.

import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { bundleElement } from "./site.ts";

it("with the SDK and the inbox it has at most 17,850 bytes", async () => {
  const bytes = gzipSync(await bundleElement(), { level: 9 }).length;
  console.log(JSON.stringify({ element: bytes }));
  expect(bytes).toBeLessThanOrEqual(17_850);
});

it("nothing but the element and the SDK is in it", async () => {
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

it("a server may import it, which has no elements", async () => {
  const { BelfryInbox } = await import("../../src/element/index.ts");
  expect(typeof BelfryInbox).toBe("function");
});
