// The changes of a release, and each reason to refuse one.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Found, planOf } from "../../src/operate/release-plan.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const DAY = "2026-12-01";
const HEAD = "# Changelog\n\n";
const ENTRY = "\n- Topics may have names.\n";
const OLD = "\n## 0.1.0 - 2026-11-28\n\nThe first.\n";
const NEXT = `${HEAD}## Unreleased\n${ENTRY}${OLD}`;
const NOTHING_NEW = `${HEAD}## Unreleased\n${OLD}`;

const json = (version: string, more: object = {}) =>
  `${JSON.stringify({ name: "belfry", version, ...more }, null, 2)}\n`;

const found = (more: Partial<Found> = {}): Found => ({
  branch: "main",
  dirty: [],
  tags: ["v0.1.0"],
  manifest: json("0.1.0"),
  lock: json("0.1.0", {
    packages: { "": { version: "0.1.0" }, "node_modules/a": { version: "3.0.0" } },
  }),
  changelog: NEXT,
  ...more,
});

describe("a release", () => {
  it.each([
    ["patch", "0.1.1"],
    ["minor", "0.2.0"],
    ["major", "1.0.0"],
    ["0.1.10", "0.1.10"],
  ])("%s after 0.1.0 is %s", (wanted, version) => {
    expect(planOf(wanted, DAY, found())).toMatchObject({ version, tag: `v${version}` });
  });

  it("writes the version and the changelog, and leaves a section for the next changes", () => {
    expect(planOf("minor", DAY, found())).toEqual({
      version: "0.2.0",
      tag: "v0.2.0",
      files: {
        "package.json": json("0.2.0"),
        "package-lock.json": json("0.2.0", {
          packages: { "": { version: "0.2.0" }, "node_modules/a": { version: "3.0.0" } },
        }),
        "CHANGELOG.md": `${HEAD}## Unreleased\n\n## 0.2.0 - 2026-12-01\n${ENTRY}${OLD}`,
      },
    });
  });

  it("changes no other line of the files of this project", () => {
    const [manifest, lock] = [read("package.json"), read("package-lock.json")];
    const plan = planOf("99.0.0", DAY, found({ manifest, lock }));
    const { files } = plan as Extract<typeof plan, { files: object }>;
    const changed = (before: string, after = "") => {
      const lines = after.split("\n");
      expect(lines).toHaveLength(before.split("\n").length);
      return before.split("\n").filter((line, i) => line !== lines[i]);
    };
    const version = expect.stringMatching(/^ +"version": "\d/);
    expect(changed(manifest, files["package.json"])).toEqual([version]);
    expect(changed(lock, files["package-lock.json"])).toEqual([version, version]);
  });

  it("of a version that is written already, such as the first, changes no file", () => {
    const first = found({ tags: [], changelog: NOTHING_NEW });
    expect(planOf("0.1.0", DAY, first)).toEqual({ version: "0.1.0", tag: "v0.1.0", files: {} });
    const withoutHeading = found({ tags: [], changelog: `# Changelog\n${OLD}` });
    expect(planOf("0.1.0", DAY, withoutHeading)).toMatchObject({ files: {} });
  });
});

describe("a release is refused for", () => {
  it.each<[what: string, wanted: string | undefined, Partial<Found>, fix: RegExp]>([
    ["no version", undefined, {}, /npm run release -- patch, minor, major or a version/],
    ["a version that is none", "v0.2", {}, /npm run release -- patch/],
    ["a version with a zero before it", "0.02.0", {}, /npm run release -- patch/],
    ["another branch", "patch", { branch: "topics" }, /this is topics: git switch main/],
    ["a dirty tree", "patch", { dirty: ["a.ts", "b.ts"] }, /Commit or stash .*: a\.ts, b\.ts/],
    ["a version that is past", "0.0.9", {}, /This is 0\.1\.0 already/],
    ["a tag that exists", "0.1.0", {}, /The tag v0\.1\.0 exists/],
    ["the tag of a next version", "patch", { tags: ["v0.1.1"] }, /after 0\.1\.1/],
    ["nothing unreleased", "patch", { changelog: NOTHING_NEW }, /nothing under "## Unreleased"/],
    ["no such heading", "patch", { changelog: `# Changelog\n${OLD}` }, /nothing under "## Unrel/],
    ["entries beside a section", "0.1.0", { tags: [] }, /a section 0\.1\.0, and entries under Unr/],
  ])("%s", (_, wanted, more, fix) => {
    expect(planOf(wanted, DAY, found(more))).toEqual({ fix: expect.stringMatching(fix) });
  });
});
