// The package as a stranger gets it: packed, installed into a fresh project without a network,
// type-checked under two module resolutions, bundled, and run against a real hub.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ENTRIES } from "../../src/operate/entries.ts";
import { tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

interface Manifest {
  dependencies?: object;
  exports: Record<string, string | { types: string; default: string }>;
}

let hub: Hub;
let project: string;
let files: string[];
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  project = await mkdtemp(join(tmpdir(), "belfry-project-"));
  // `prepack` builds the files to be packed.
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project], {
    cwd: ROOT,
  });
  const packed = packedOf(stdout);
  files = packed.files.map(({ path }) => path);
  await writeFile(join(project, "package.json"), '{"type":"module","private":true}');
  const tarball = join(project, packed.filename);
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: project });
}, 120_000);
afterAll(async () => {
  await hub.stop();
  await rm(project, { recursive: true, force: true });
});

/** Parses the output of `npm pack`: that of the build, then npm's list, or object by name. */
function packedOf(stdout: string): { filename: string; files: { path: string }[] } {
  const json = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
  return Object.values(json)[0] as ReturnType<typeof packedOf>;
}

const installed = (path: string) => join(project, "node_modules/belfry", path);

describe("the tarball", () => {
  it("contains the built files and their sources, the licence and the README, and nothing of the hub", () => {
    const folders = [...new Set(files.map((path) => path.split("/")[0]))].sort();
    expect(folders).toEqual(["LICENSE", "README.md", "dist", "package.json", "src"]);
    const sources = files.filter((path) => path.startsWith("src/"));
    expect(sources.filter((path) => !/^src\/(client|element|protocol)\//.test(path))).toEqual([]);
    expect(files.filter((path) => /\.dev|\.env|\.test\./.test(path))).toEqual([]);
  });

  it("needs no other package", async () => {
    const { dependencies } = JSON.parse(await readFile(installed("package.json"), "utf8"));
    expect(dependencies ?? {}).toEqual({});
  });

  it("exports every entry, each with its types", async () => {
    const { exports }: Manifest = JSON.parse(await readFile(installed("package.json"), "utf8"));
    const names = Object.keys(ENTRIES).map((name) => `./${name}`);
    expect(Object.keys(exports).sort()).toEqual([...names, "./package.json"].sort());
    const named = Object.values(exports).flatMap((each) =>
      typeof each === "string" ? [each] : [each.types, each.default],
    );
    expect(named.map((path) => path.slice(2)).filter((path) => !files.includes(path))).toEqual([]);
  });
});

describe.each(["bundler", "nodenext"])("under moduleResolution %s", (moduleResolution) => {
  it("the compiler finds the types of every entry", async () => {
    const folder = join(project, moduleResolution);
    await mkdir(folder);
    const all = Object.keys(ENTRIES).map((name, i) => `import * as e${i} from "belfry/${name}";`);
    const list = all.map((_, i) => `e${i}`).join(", ");
    await writeFile(
      join(folder, "all.ts"),
      `${all.join("\n")}
export const entries: object[] = [${list}];
import { createClient } from "belfry/client";
const client = createClient({ url: "https://hub.example.com", token: async () => "t" });
client.topic<{ n: number }>("news").subscribe((message) => message.data?.n.toFixed());
// A call that is wrong must not compile: then the types are not just \`any\`.
export const wrong: { url: 1 } extends Parameters<typeof createClient>[0] ? never : true = true;
`,
    );
    const compilerOptions = {
      moduleResolution,
      module: moduleResolution === "nodenext" ? "nodenext" : "esnext",
      target: "es2022",
      lib: ["es2024", "dom", "dom.iterable"],
      types: [],
      strict: true,
      noEmit: true,
      // The types of React come from the app, and this project has none.
      skipLibCheck: true,
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [tsc, "-p", folder]).catch((cause) => cause);
    expect(stdout).toBe("");
  });
});

const PROGRAM = `
import { createClient } from "belfry/client";
import { inbox } from "belfry/inbox";
import { createHub } from "belfry/server";

const { HUB: url, KEY: key, TOKEN: token } = process.env;
const client = createClient({ url, token });
const mine = inbox(client);
const titles = [];
const three = new Promise((done) => {
  mine.subscribe(() => {
    const { notifications } = mine.getSnapshot();
    if (notifications.length === 3) done(notifications);
  });
});
const hub = createHub({ url, key });
for (const title of ["one", "two", "three"]) await hub.publish("user:ada", { notification: { title } });
for (const { notification } of await three) titles.push(notification.title);
console.log(JSON.stringify({ titles, counts: mine.getSnapshot().counts }));
client.close();
process.exit();
`;

it("a bundled program publishes and receives", async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: project },
    bundle: true,
    format: "esm",
    platform: "neutral",
    write: false,
  });
  const bundled = join(project, "program.mjs");
  await writeFile(bundled, outputFiles[0]?.contents ?? "");
  const env = { ...process.env, HUB: hub.url, KEY: API_KEY, TOKEN: await tokenOf("ada") };
  const { stdout } = await run(process.execPath, [bundled], { env });
  expect(JSON.parse(stdout)).toEqual({
    titles: ["three", "two", "one"],
    counts: { unread: 3, unseen: 3, total: 3 },
  });
});

it("node runs the package without a bundler", async () => {
  const code = 'import { createClient } from "belfry/client"; console.log(typeof createClient);';
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], {
    cwd: project,
  });
  expect(stdout).toBe("function\n");
});

it("`npx belfry` publishes", async () => {
  const env = { ...process.env, BELFRY_URL: hub.url, BELFRY_KEY: API_KEY };
  const args = ["--offline", "--no", "belfry", "publish", "user:npx", "Build passed"];
  const { stdout } = await run("npx", args, { cwd: project, env });
  expect(JSON.parse(stdout)).toMatchObject({ offset: 1, duplicate: false });
});
