// npm run build: the parts of Belfry for use by others, into dist/: the entries of the package as ES
// modules with types, the command line as one file, and the modules that a hub serves to pages without a
// bundler. The argument `scripts` omits the types, which take longest; wrangler runs it that way before
// each deployment, which a fault of an environment stops. `scripts <file>` checks those of another
// configuration.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { bundleAsset } from "./assets.ts";
import { ASSETS, COMMAND, ENTRIES, PEERS } from "./entries.ts";
import { environmentsFault } from "./environments.ts";
import { emitTypes } from "./types.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");
const TYPES = join(DIST, "types");

const isThere = (path: string) => existsSync(join(ROOT, path));

/** Bundles; returns the contents of each file by its path. */
async function bundle(options: BuildOptions): Promise<Map<string, Uint8Array>> {
  const { outputFiles = [] } = await build({
    absWorkingDir: ROOT,
    bundle: true,
    format: "esm",
    target: "es2022",
    external: PEERS,
    logLevel: "warning",
    ...options,
    write: false,
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/** Bundles the entries: unminified, since the app's own bundler minifies; shared code in chunks. */
function entries(): Promise<Map<string, Uint8Array>> {
  const entryPoints = Object.entries(ENTRIES).filter(([, path]) => isThere(path));
  return bundle({
    entryPoints: Object.fromEntries(entryPoints),
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    sourcemap: true,
    outdir: DIST,
  });
}

function command(): Promise<Map<string, Uint8Array>> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return bundle({
    entryPoints: { belfry: COMMAND },
    platform: "node",
    target: "node20",
    minify: true,
    define: { VERSION: JSON.stringify(version) },
    outdir: DIST,
  });
}

async function assets(): Promise<Map<string, Uint8Array>> {
  const names = Object.keys(ASSETS) as (keyof typeof ASSETS)[];
  const built = names.map(
    async (name) => [join(DIST, "assets", `${name}.js`), await bundleAsset(name)] as const,
  );
  return new Map([
    ...(await Promise.all(built)),
    [join(DIST, "assets", "_headers"), Buffer.from(ASSET_HEADERS)],
  ]);
}

/** A page of another origin can load a module only with CORS; the modules hold no secret. */
const ASSET_HEADERS = `/*.js
  Access-Control-Allow-Origin: *
  Cross-Origin-Resource-Policy: cross-origin
  X-Content-Type-Options: nosniff
`;

/**
 * Writes only files that differ, since a running hub reloads when its assets are written. A rename puts
 * each file in place as a whole, also while another build runs.
 */
function write(files: Map<string, Uint8Array>): void {
  for (const [path, contents] of files) {
    if (existsSync(path) && readFileSync(path).equals(contents)) continue;
    mkdirSync(dirname(path), { recursive: true });
    const whole = join(dirname(path), `.${process.pid}`);
    writeFileSync(whole, contents, { mode: path === join(DIST, "belfry.js") ? 0o755 : 0o644 });
    renameSync(whole, path);
  }
}

/** Removes the files of an earlier build that this one has not made. */
function sweep(made: ReadonlySet<string>): void {
  for (const folder of new Set([...made].map(dirname)))
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile() && /\.js(\.map)?$/.test(entry.name) && !made.has(path))
        rmSync(path, { force: true });
    }
}

/** Writes the declarations. A compiler error ends the build. */
function types(): void {
  rmSync(TYPES, { recursive: true, force: true });
  // The maps lead to sources that are in the package.
  emitTypes(TYPES, "--declarationMap");
}

const [what, config = "wrangler.toml"] = process.argv.slice(2);
const fault = what === "scripts" ? await environmentsFault(resolve(ROOT, config)) : null;
if (fault !== null) {
  console.error(fault);
  process.exit(1);
}
const files = new Map(
  (await Promise.all([entries(), command(), assets()])).flatMap((each) => [...each]),
);
write(files);
sweep(new Set(files.keys()));
if (what !== "scripts") types();
