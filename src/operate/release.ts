// npm run release -- <patch|minor|major|version> [--dry-run]: writes the version and the changelog, builds
// and packs, commits and tags. Nothing leaves this machine. Exits with 0 when the release is made, 1 when it
// failed and all is as before, 2 when it was refused.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Plan, planOf } from "./release-plan.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Where the tarballs are left. */
const FOLDER = "release";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Runs git; returns its lines. */
function git(...args: string[]): string[] {
  const out = execFileSync("git", args, { cwd: ROOT, encoding: "utf8" });
  return out.split("\n").filter((line) => line !== "");
}

/** Packs, which builds first. */
function pack(): void {
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  execFileSync("npm", ["pack", "--pack-destination", FOLDER], { cwd: ROOT, stdio: "inherit" });
}

function release({ version, tag, files }: Plan, tarball: string): void {
  const [before = ""] = git("rev-parse", "HEAD");
  const paths = Object.keys(files);
  try {
    for (const [path, text] of Object.entries(files)) writeFileSync(join(ROOT, path), text);
    pack();
    if (paths.length > 0) git("commit", "--quiet", "-m", `release: ${version}`, "--", ...paths);
    // The last step: a release is made when it has its tag.
    git("tag", "-a", tag, "-m", `Belfry ${version}`);
  } catch (cause) {
    git("reset", "--quiet", "--soft", before);
    if (paths.length > 0) git("checkout", "--quiet", before, "--", ...paths);
    rmSync(join(ROOT, tarball), { force: true });
    throw cause;
  }
}

const args = process.argv.slice(2);
const [wanted, ...rest] = args.filter((each) => each !== "--dry-run");
// Without `--` before it, npm takes the option for its own.
const isDry = args.includes("--dry-run") || process.env.npm_config_dry_run === "true";

const plan = planOf(rest.length === 0 ? wanted : undefined, new Date().toISOString().slice(0, 10), {
  branch: git("branch", "--show-current")[0] ?? "no branch",
  dirty: git("status", "--porcelain").map((line) => line.slice(3)),
  tags: git("tag"),
  manifest: read("package.json"),
  lock: read("package-lock.json"),
  changelog: read("CHANGELOG.md"),
});
if ("fix" in plan) {
  console.error(plan.fix);
  process.exit(2);
}

const { version, tag, files } = plan;
const tarball = join(FOLDER, `belfry-${version}.tgz`);
const written = Object.keys(files);
const steps = [
  ...(written.length > 0 ? [`write ${version} into ${written.join(", ")}`] : []),
  `build, and pack ${tarball}`,
  ...(written.length > 0 ? [`commit "release: ${version}"`] : []),
  `tag ${tag}`,
];
if (isDry) {
  console.log(
    `npm run release -- ${version} would:\n${steps.map((each) => `  ${each}`).join("\n")}`,
  );
  process.exit(0);
}

// Ctrl+C ends the build, and with it the release, which then takes back all that it did.
process.on("SIGINT", () => undefined);
try {
  release(plan, tarball);
} catch (cause) {
  console.error(`${cause instanceof Error ? cause.message : cause}`);
  console.error(`${version} is not released, and all is as before. Mend that, and begin again.`);
  process.exit(1);
}
const undo =
  written.length > 0 ? `git tag -d ${tag} && git reset --keep HEAD~1` : `git tag -d ${tag}`;
console.log(`Belfry ${version} is tagged, and packed in ${tarball}. Nothing has left this machine.
  to publish: git push origin main ${tag}
              and attach ${tarball} to the release of that tag, with its section of CHANGELOG.md
  to undo:    ${undo}`);
