// Environments of wrangler.toml: a deploy of one without the objects is refused.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { environmentsFault } from "../../src/operate/environments.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** The time for two builds and a bundle on a busy machine. */
const DRY_RUN_MS_MAX = 120_000;
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

let folder: string;
let toml: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "belfry-environments-"));
  toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
});
afterAll(() => rm(folder, { recursive: true }));

/** The block that wrangler.toml shows as a comment, without the comment signs. */
const shownBlock = () =>
  [...toml.matchAll(/^# (\[env\.staging\.[\s\S]*)/gm)]
    .map(([, block = ""]) => block.replaceAll(/^# /gm, ""))
    .at(0) ?? "";

/** Writes the project's configuration, then `more`, into the temporary folder; returns its path. */
async function configWith(more: string): Promise<string> {
  const path = join(await mkdtemp(join(folder, "config-")), "wrangler.toml");
  const own = toml
    .replace("src/worker.ts", join(ROOT, "src/worker.ts"))
    .replace("./dist/assets", join(ROOT, "dist/assets"))
    .replace(
      "npm run --silent build:scripts",
      `${process.execPath} ${join(ROOT, "src/operate/build.ts")} scripts ${path}`,
    );
  await writeFile(path, `${own}\n${more}`);
  return path;
}

/** Runs `wrangler deploy --dry-run --env staging`; returns its exit code and its whole output. */
const dryRun = (config: string) =>
  new Promise<{ code: number; out: string }>((done) => {
    execFile(
      process.execPath,
      [WRANGLER, "deploy", "--dry-run", "--env=staging", `--config=${config}`],
      { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" } },
      (error, out, errors) =>
        done({ code: error === null ? 0 : (error.code as number), out: out + errors }),
    );
  });

it("the environment that wrangler.toml shows deploys with both objects, and without a warning", {
  timeout: DRY_RUN_MS_MAX,
}, async () => {
  const { code, out } = await dryRun(await configWith(shownBlock()));
  expect(code, out).toBe(0);
  expect(out).toMatch(/env\.INBOX \(Inbox\) +Durable Object/);
  expect(out).toMatch(/env\.TOPIC \(Topic\) +Durable Object/);
  expect(out).toContain('env.ALLOWED_ORIGINS ("https://staging.example.com")');
  expect(out).not.toContain("WARNING");
});

it("an environment without the objects is not deployed, and the missing lines are printed", {
  timeout: DRY_RUN_MS_MAX,
}, async () => {
  const objects = shownBlock().slice(shownBlock().indexOf("[env.staging.durable_objects]"));
  expect(objects).not.toBe("");
  const { code, out } = await dryRun(await configWith(shownBlock().replace(objects, "")));
  expect(code, out).toBe(1);
  for (const line of objects.trim().split("\n")) expect(out).toContain(line);
});

it.each([
  ["no environment", "", null],
  ["one without anything", "[env.staging]\n", /\[env\.staging\.durable_objects\]/],
  ["one as a key", "", /\[env\.staging\.durable_objects\]/, 'env.staging.vars.A = "1"\n'],
  [
    "one object only",
    `[[env.staging.durable_objects.bindings]]
name = "INBOX"
class_name = "Inbox"
`,
    /\[env\.staging\.durable_objects\]/,
  ],
  [
    "two of which one is right",
    `[env.a.durable_objects]
bindings = [{ name = "INBOX", class_name = "Inbox" }, { name = "TOPIC", class_name = "Topic" }]
[env.b.vars]
A = "1"
`,
    /^An environment (?![\s\S]*env\.a\.)[\s\S]*\[env\.b\.durable_objects\]/,
  ],
] as [string, string, RegExp | null, string?][])("%s", async (_case, more, fault, before = "") => {
  const path = await configWith(more);
  await writeFile(path, `${before}${await readFile(path, "utf8")}`);
  const found = await environmentsFault(path);
  if (fault === null) expect(found).toBeNull();
  else expect(found).toMatch(fault);
});
