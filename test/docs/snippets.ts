// The code blocks of a page of the docs, and their bundling into a program.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parser as go } from "@lezer/go";
import { parser as php } from "@lezer/php";
import { parser as python } from "@lezer/python";
import { type BuildOptions, build } from "esbuild";
import { ENTRIES } from "../../src/operate/entries.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Snippet {
  /** The heading of the second level above the block; empty above the first heading. */
  heading: string;
  language: string;
  code: string;
}

/** Takes the path of a page from the root; returns its blocks, in order. */
export function snippetsOf(page: string): Snippet[] {
  const sections = `\n${readFileSync(resolve(ROOT, page), "utf8")}`.split(/^## /m);
  return sections.flatMap((section, i) => {
    const heading = i === 0 ? "" : section.slice(0, section.indexOf("\n"));
    return [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
      ([, language = "", code = ""]) => ({ heading, language, code }),
    );
  });
}

/** Returns the bundled program, with `belfry/…` from this tree. */
export async function bundled(code: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles = [] } = await build({
    stdin: { contents: code, resolveDir: ROOT, loader: "jsx" },
    alias: Object.fromEntries(
      Object.entries(ENTRIES).map(([name, path]) => [`belfry/${name}`, resolve(ROOT, path)]),
    ),
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    jsx: "automatic",
    ...options,
  });
  return outputFiles[0]?.text ?? "";
}

/** Runs a program in this process to its last line. */
export async function runModule(program: string): Promise<void> {
  await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(program)}`);
}

const PARSERS = { go, php, python };

/** Returns the starts of syntax errors; empty for valid code. */
export function faultsOf(language: keyof typeof PARSERS, code: string): string[] {
  const faults: string[] = [];
  PARSERS[language].parse(code).iterate({
    enter({ type, from }) {
      if (type.isError) faults.push(code.slice(from, from + 40));
    },
  });
  return faults;
}
