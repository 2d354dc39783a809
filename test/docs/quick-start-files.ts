// The files in docs/quick-starts.md: a paragraph begins with the name of a file, and its code follows.

import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

const PAGE = resolve(import.meta.dirname, "../../docs/quick-starts.md");

/** The addresses of the hub and of `server.mjs` in these files. */
const HUB_URL = "http://127.0.0.1:8787";
const APP_URL = "http://127.0.0.1:3000";

/** Returns the code under a heading by the name of its file. */
export function quickStart(heading: string): Record<string, string> {
  const sections = readFileSync(PAGE, "utf8").split(/^## /m);
  const section = sections.find((each) => each.startsWith(`${heading}\n`)) ?? "";
  const found = section.matchAll(/^`([\w./-]+)` [^`]*?\n\n```\w+\n(.*?)^```$/gms);
  return Object.fromEntries([...found].map(([, name = "", code = ""]) => [name, code]));
}

/** Writes the files, with other addresses of the hub and of the server. */
export async function writeFiles(
  folder: string,
  files: Record<string, string>,
  { hub, app = APP_URL }: { hub: string; app?: string },
): Promise<void> {
  for (const [name, code] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, code.replaceAll(HUB_URL, hub).replaceAll(APP_URL, app));
  }
}
