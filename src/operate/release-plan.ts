// The changes of a release, or the reason to refuse it. Nothing here reads or writes a file.

/** The project as a release finds it. */
export interface Found {
  branch: string;
  /** Files that differ from the last commit. */
  dirty: readonly string[];
  tags: readonly string[];
  manifest: string;
  lock: string;
  changelog: string;
}

export interface Plan {
  version: string;
  tag: string;
  /** The new texts of files by their paths; none where all of it was written before. */
  files: Record<string, string>;
}

/** The sentence says what to do. */
export interface Refused {
  fix: string;
}

const UNRELEASED = "## Unreleased\n";

/** `wanted` is `patch`, `minor`, `major` or a version; `day` is today, as 2026-11-28. */
export function planOf(wanted: string | undefined, day: string, found: Found): Plan | Refused {
  const { version: current } = JSON.parse(found.manifest) as { version: string };
  const version = versionOf(wanted, current);
  if (version === null)
    return {
      fix: "Say which release: npm run release -- patch, minor, major or a version such as 0.2.0.",
    };
  const tag = `v${version}`;
  if (found.branch !== "main")
    return { fix: `A release is made on main, and this is ${found.branch}: git switch main` };
  if (found.dirty.length > 0)
    return { fix: `Commit or stash your changes: ${found.dirty.join(", ")}` };
  if (isBefore(version, current))
    return { fix: `This is ${current} already: release a version after it.` };
  if (found.tags.includes(tag))
    return { fix: `The tag ${tag} exists: release a version after ${version}.` };

  const changelog = changelogOf(found.changelog, version, day);
  if (typeof changelog !== "string") return changelog;
  const texts: Record<string, [before: string, after: string]> = {
    "package.json": [found.manifest, withVersion(found.manifest, version)],
    "package-lock.json": [found.lock, withVersion(found.lock, version)],
    "CHANGELOG.md": [found.changelog, changelog],
  };
  const files = Object.entries(texts).filter(([, [before, after]]) => before !== after);
  return {
    version,
    tag,
    files: Object.fromEntries(files.map(([path, [, after]]) => [path, after])),
  };
}

const partsOf = (version: string) => version.split(".").map(Number);

function versionOf(wanted: string | undefined, current: string): string | null {
  if (wanted === undefined) return null;
  if (/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(wanted)) return wanted;
  const [major = 0, minor = 0, patch = 0] = partsOf(current);
  switch (wanted) {
    case "major":
      return `${major + 1}.0.0`;
    case "minor":
      return `${major}.${minor + 1}.0`;
    case "patch":
      return `${major}.${minor}.${patch + 1}`;
    default:
      return null;
  }
}

function isBefore(a: string, b: string): boolean {
  const others = partsOf(b);
  const differing = partsOf(a).map((part, i) => part - (others[i] ?? 0));
  return (differing.find((each) => each !== 0) ?? 0) < 0;
}

/** Returns the changelog with a section of the version in place of what is unreleased. */
function changelogOf(changelog: string, version: string, day: string): string | Refused {
  const start = changelog.indexOf(UNRELEASED);
  const after = start === -1 ? "" : changelog.slice(start + UNRELEASED.length);
  const isEmpty = (after.split(/^## /m)[0] ?? "").trim() === "";
  // A first release has its section and its version before anybody has asked for it.
  if (changelog.includes(`\n## ${version} - `)) {
    if (isEmpty) return changelog;
    return {
      fix: `CHANGELOG.md has a section ${version}, and entries under Unreleased: move them there, or release a later version.`,
    };
  }
  if (isEmpty)
    return {
      fix: 'CHANGELOG.md has nothing under "## Unreleased": write there what a user gets, and commit it.',
    };
  return `${changelog.slice(0, start)}${UNRELEASED}\n## ${version} - ${day}\n${after}`;
}

/** Writes the version into package.json or its lock, which npm indents by two. */
function withVersion(text: string, version: string): string {
  const json = JSON.parse(text) as { version: string; packages?: { "": { version: string } } };
  json.version = version;
  if (json.packages !== undefined) json.packages[""].version = version;
  return `${JSON.stringify(json, null, 2)}\n`;
}
