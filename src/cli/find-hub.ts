// The choice of the hub and the key: from `--hub` and the environment, or from the hub that `npm start` runs.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { holdsKey } from "../console/server/proof.ts";
import { UnreachableError, UsageError, unreachable } from "./failure.ts";

export interface Target {
  /** Without a slash at the end. */
  url: string;
  key: string;
  /** The sources of both, for a person, such as `BELFRY_URL and BELFRY_KEY`. */
  found: string;
}

const DEFAULT_URL = "http://127.0.0.1:8787";

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/**
 * Takes the address given with `--hub`, if any; returns the hub and its key. The key that `npm start` left
 * in a file is sent only to a program on this machine that proves that it holds the same key, and plain HTTP
 * never leaves this machine. The address in a file is trusted only if it is local, since anyone may have
 * written the folder. Throws a UsageError or an UnreachableError.
 */
export async function findHub(
  given: string | undefined,
  { env, cwd }: Surroundings,
): Promise<Target> {
  const folder = developmentFolder(cwd);
  const left = folder === null ? null : read(join(folder, ".dev.url"));
  const named = given ?? (env.BELFRY_URL || undefined);
  const url = parseUrl(named ?? (left !== null && isLocal(left) ? left : DEFAULT_URL));
  const whence = given !== undefined ? "--hub" : named === undefined ? "`npm start`" : "BELFRY_URL";
  if (env.BELFRY_KEY)
    return { url, key: checkKey(env.BELFRY_KEY), found: `${whence} and BELFRY_KEY` };
  if (!isLocal(url))
    throw new UsageError(`set BELFRY_KEY to an API key of ${url}: \`npm run keys\` makes one`);
  const key = folder === null ? null : read(join(folder, ".dev.key"));
  if (key === null)
    throw new UsageError(
      "there is no API key: set BELFRY_KEY, or run this in the folder in which `npm start` runs",
    );
  await requireProof(url, checkKey(key));
  return { url, key, found: `${whence} and ${join(folder as string, ".dev.key")}` };
}

/** Throws an UnreachableError unless the program at the address proves that it holds the key. */
async function requireProof(url: string, key: string): Promise<void> {
  const isOurs = await holdsKey(url, key).catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  if (!isOurs)
    throw new UnreachableError(
      `the server at ${url} is not the hub of \`npm start\`, and does not get the key in .dev.key. Start the hub, or set BELFRY_URL and BELFRY_KEY`,
    );
}

/**
 * Returns the folder in which `npm start` left its key: `cwd` or a folder above it, else the checkout that
 * holds this file.
 */
function developmentFolder(cwd: string): string | null {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".dev.key"))) return folder;
    if (folder === dirname(folder)) break;
  }
  const own = resolve(dirname(fileURLToPath(import.meta.url)), "..");
  return existsSync(join(own, ".dev.key")) ? own : null;
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : null;
}

function isLocal(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && !(url.username || url.password || url.search || url.hash);
  if (!isPlain || !["http:", "https:"].includes(url.protocol))
    throw new UsageError(`the hub's address is such as https://hub.example.com; "${text}" is not`);
  if (url.protocol === "http:" && !isLocal(text))
    throw new UsageError(`${text} would send the key for all to read: use https`);
  return url.href.replace(/[/#]+$/, "");
}

/** Returns a key that is valid in a header. The UsageError does not repeat it: it is a secret. */
function checkKey(key: string): string {
  if (/^bk_[\x21-\x7e]+$/.test(key)) return key;
  throw new UsageError("BELFRY_KEY is not an API key: it begins with bk_ and has no spaces");
}
