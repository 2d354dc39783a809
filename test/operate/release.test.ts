// `npm run release` in a repository of its own: its results, and a failed release that leaves nothing
// half done.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const ENTRY = "- Topics may have names.";
const BUILD = 'import { writeFileSync } from "node:fs";\nwriteFileSync("dist/client.js", "");\n';

/** Git without the configuration of the developer. */
const ENV = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GIT|npm)_/.test(name))),
  ...{ GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
  ...{ GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@example.com" },
  ...{ GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@example.com" },
};

let project: string;
const git = (...args: string[]) =>
  execFileSync("git", args, { cwd: project, env: ENV, encoding: "utf8" }).trim();
const write = (path: string, text: string) => writeFile(join(project, path), text);
const readJson = async (path: string) => JSON.parse(await readFile(join(project, path), "utf8"));

const hasGit = spawnSync("git", ["--version"]).status === 0;

beforeEach(async ({ skip }) => {
  project = await mkdtemp(join(tmpdir(), "belfry-release-"));
  skip(!hasGit, "git is not installed");
  for (const folder of ["src/operate", "dist", "node_modules/esbuild", "node_modules/wrangler"])
    await mkdir(join(project, folder), { recursive: true });
  const copied = ["installed.mjs", "release.ts", "release-plan.ts"].map(
    (name) => `src/operate/${name}`,
  );
  for (const path of [...copied, "package.json", "package-lock.json", ".gitignore"])
    await cp(join(ROOT, path), join(project, path));
  const manifest = await readJson("package.json");
  const scripts = { release: manifest.scripts.release, prepack: "node build.mjs" };
  await write(
    "package.json",
    `${JSON.stringify({ ...manifest, version: "0.1.0", scripts }, null, 2)}\n`,
  );
  await write("CHANGELOG.md", `# Changelog\n\n## Unreleased\n\n${ENTRY}\n`);
  await write("build.mjs", BUILD);
  git("init", "--quiet", "--initial-branch=main");
  commitAll("test: a project");
});
afterEach(() => rm(project, { recursive: true, force: true }));

function commitAll(subject: string) {
  git("add", "--all");
  git("commit", "--quiet", "-m", subject);
}

/** Runs the script as npm does, in a process group of its own, as a shell makes one. */
async function release(...args: string[]) {
  const { scripts } = await readJson("package.json");
  const script = (scripts.release as string).split(" ").slice(1);
  const running = spawn(process.execPath, [...script, ...args], {
    cwd: project,
    env: ENV,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, errors, [code]] = await Promise.all([
    text(running.stdout),
    text(running.stderr),
    once(running, "close"),
  ]);
  return { code, out, errors };
}

/** Everything that a release could leave behind. */
const state = async () => ({
  head: git("rev-parse", "HEAD"),
  tags: git("tag"),
  changed: git("status", "--porcelain"),
  packed: await readdir(join(project, "release")).catch(() => []),
});

it("writes, packs, commits and tags, and says what to do next", async () => {
  const { code, out } = await release("minor");
  expect(code).toBe(0);
  expect(out).toContain("git push origin main v0.2.0");
  expect(out).toContain("attach release/belfry-0.2.0.tgz");
  expect(await state()).toMatchObject({
    tags: "v0.2.0",
    changed: "",
    packed: ["belfry-0.2.0.tgz"],
  });
  expect(git("log", "--format=%s", "-2")).toBe("release: 0.2.0\ntest: a project");
  expect(git("rev-parse", "v0.2.0^{commit}")).toBe(git("rev-parse", "HEAD"));
  const lock = await readJson("package-lock.json");
  expect([
    (await readJson("package.json")).version,
    lock.version,
    lock.packages[""].version,
  ]).toEqual(["0.2.0", "0.2.0", "0.2.0"]);
  const day = new Date().toISOString().slice(0, 10);
  expect(await readFile(join(project, "CHANGELOG.md"), "utf8")).toBe(
    `# Changelog\n\n## Unreleased\n\n## 0.2.0 - ${day}\n\n${ENTRY}\n`,
  );
  const inTarball = execFileSync(
    "tar",
    ["-xzOf", join(project, "release/belfry-0.2.0.tgz"), "package/package.json"],
    { encoding: "utf8" },
  );
  expect(JSON.parse(inTarball).version).toBe("0.2.0");
});

it("tags a version that is written already, without a commit", async () => {
  await write("CHANGELOG.md", `# Changelog\n\n## 0.1.0 - 2026-11-28\n\n${ENTRY}\n`);
  commitAll("docs: the first release");
  const { head } = await state();
  expect((await release("0.1.0")).code).toBe(0);
  expect(await state()).toEqual({
    head,
    tags: "v0.1.0",
    changed: "",
    packed: ["belfry-0.1.0.tgz"],
  });
});

it.each([[["minor", "--dry-run"]], [["--dry-run", "0.2.0"]]])(
  "%j changes nothing",
  async (args) => {
    const before = await state();
    const { code, out } = await release(...args);
    expect([code, out]).toEqual([0, expect.stringContaining("pack release/belfry-0.2.0.tgz")]);
    expect(await state()).toEqual(before);
  },
);

describe("a refusal", () => {
  it.each<[what: string, begin: () => unknown, fix: RegExp]>([
    ["of a changed file", () => write("build.mjs", ""), /^Commit or stash .*: build\.mjs\n$/],
    ["of a new file", () => write("new.ts", ""), /^Commit or stash .*: new\.ts\n$/],
    [
      "of a branch",
      () => git("switch", "--quiet", "-c", "topics"),
      /this is topics: git switch main/,
    ],
    [
      "of no branch",
      () => git("switch", "--quiet", "--detach"),
      /this is no branch: git switch main/,
    ],
    ["of a tag", () => git("tag", "v0.2.0"), /^The tag v0\.2\.0 exists/],
  ])("%s says what to do, and changes nothing", async (_, begin, fix) => {
    await begin();
    const before = await state();
    const { code, errors } = await release("minor");
    expect([code, errors]).toEqual([2, expect.stringMatching(fix)]);
    expect(await state()).toEqual(before);
  });

  it("of too many words prints the usage", async () => {
    expect((await release("minor", "now")).errors).toMatch(/^Say which release: /);
  });
});

describe("a release that fails leaves all as before", () => {
  it.each<[where: string, begin: () => unknown]>([
    ["in the build", () => write("build.mjs", `${BUILD}process.exit(1);\n`)],
    // `kill(0)` signals the whole process group, as Ctrl+C at a terminal does.
    ["by Ctrl+C", () => write("build.mjs", `${BUILD}process.kill(0, "SIGINT");\n`)],
    [
      "at the commit",
      async () => {
        const hook = join(project, ".git/hooks/pre-commit");
        await writeFile(hook, "#!/bin/sh\nexit 1\n");
        await chmod(hook, 0o755);
      },
    ],
    // Git cannot create a tag where a folder of tags exists.
    ["at the tag", () => git("tag", "v0.2.0/beta")],
  ])("%s", async (_, begin) => {
    await begin();
    if (git("status", "--porcelain") !== "") commitAll("test: what fails");
    const before = await state();
    const { code, errors } = await release("minor");
    expect([code, errors]).toEqual([
      1,
      expect.stringContaining("0.2.0 is not released, and all is as before."),
    ]);
    expect(await state()).toEqual(before);
  });
});
