// The advice for an incomplete installation, in place of a stack trace: each script in a checkout that
// lacks modules, and on a Node that cannot run TypeScript.

import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
const ADVICE = /run `npm ci`.*`npm ci --include=dev` where NODE_ENV is production/;

/** A checkout without modules. Its scripts only print that they ran. */
let checkout = "";
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), "belfry-checkout-"));
  for (const folder of ["src/operate", "bench"])
    await mkdir(join(checkout, folder), { recursive: true });
  await writeFile(join(checkout, "package.json"), '{"type":"module"}');
  const installed = "src/operate/installed.mjs";
  await copyFile(join(ROOT, installed), join(checkout, installed));
  for (const name of ["operate/start", "operate/keys", "operate/smoke", "operate/build"])
    await writeFile(join(checkout, `src/${name}.ts`), 'console.log("ran" as string);');
  await writeFile(join(checkout, "bench/run.ts"), 'console.log("ran" as string);');
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

const OLD = ["--no-experimental-strip-types"];

/** Runs a script of package.json in the checkout, as npm does. */
function run(script: string, node: string[] = [], env: Record<string, string> = {}) {
  const args = (scripts[script] as string).split(" ").slice(1);
  return runNode([...node, ...args], env);
}

const runNode = (args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; out: string; errors: string }>((done) => {
    const options = { cwd: checkout, env: { ...env, PATH: process.env.PATH } };
    execFile(process.execPath, args, options, (error, out, errors) =>
      done({ code: error === null ? 0 : (error.code as number), out, errors }),
    );
  });

const install = async () => {
  for (const name of ["esbuild", "wrangler"])
    await mkdir(join(checkout, "node_modules", name), { recursive: true });
};

it.each(["start", "keys", "smoke", "build", "build:scripts", "bench"])(
  "`npm run %s` on a Node that cannot run TypeScript says what to do, in one line",
  async (script) => {
    await install();
    const { code, out, errors } = await run(script, OLD);
    expect([code, out]).toEqual([2, ""]);
    expect(errors).toMatch(/^Node \S+ is too old: .*\n$/);
    expect(errors).toMatch(ADVICE);
  },
);

it.each(["start", "build", "build:scripts", "bench"])(
  "`npm run %s` without modules says what to do, in one line",
  async (script) => {
    const { code, out, errors } = await run(script);
    expect([code, out]).toEqual([2, ""]);
    expect(errors).toMatch(/^Modules are missing: .*\n$/);
    expect(errors).toMatch(ADVICE);
  },
);

it.each(["keys", "smoke"])("`npm run %s` needs no module", async (script) => {
  expect(await run(script)).toEqual({ code: 0, out: "ran\n", errors: "" });
});

it("prints nothing of its own when everything is installed", async () => {
  await install();
  expect(await run("start")).toEqual({ code: 0, out: "ran\n", errors: "" });
});

it.each(["ci", "install", "exec"])(
  "`npm %s` without modules succeeds, and leaves a command that says what to do",
  async (command) => {
    const env = { npm_lifecycle_event: "postprepare", npm_command: command };
    const { code, errors } = await run("postprepare", [], env);
    expect(code).toBe(0);
    expect(errors).toMatch(ADVICE);
    const built = join(checkout, "dist/belfry.js");
    expect((await stat(built)).mode & 0o111).toBe(0o111);
    const told = await runNode([built]);
    expect([told.code, told.out]).toEqual([2, ""]);
    expect(told.errors).toMatch(/^belfry is not built: run `npm ci`/);
  },
);

it("an installation does not replace a command that was built before", async () => {
  const built = join(checkout, "dist/belfry.js");
  await mkdir(join(checkout, "dist"));
  await writeFile(built, "built");
  await run("postprepare", [], { npm_lifecycle_event: "postprepare", npm_command: "ci" });
  expect(await readFile(built, "utf8")).toBe("built");
});

it("`npm pack` without modules is refused", async () => {
  const env = { npm_lifecycle_event: "prepack", npm_command: "pack" };
  expect((await run("prepack", [], env)).code).toBe(2);
});
