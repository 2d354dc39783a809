// The code that a page of the docs shows, and how it is made into a program.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parser as go } from "@lezer/go";
import { parser as php } from "@lezer/php";
import { parser as python } from "@lezer/python";
import { type BuildOptions, build } from "esbuild";
import { ENTRIES } from "../../src/operate/entries.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Snippet {
  /** The heading of the second level that it stands under; empty above the first. */
  heading: string;
  language: string;
  code: string;
}

/** The blocks of a page, in order, by its path from the root. */
export function snippetsOf(page: string): Snippet[] {
  const sections = `\n${readFileSync(resolve(ROOT, page), "utf8")}`.split(/^## /m);
  return sections.flatMap((section, i) => {
    const heading = i === 0 ? "" : section.slice(0, section.indexOf("\n"));
    return [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
      ([, language = "", code = ""]) => ({ heading, language, code }),
    );
  });
}

/** The program as a bundler makes it, with `belfry/…` out of this tree. */
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

/** Runs a program in this process, until its last line is done. */
export async function runModule(program: string): Promise<void> {
  await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(program)}`);
}

const PARSERS = { go, php, python };

/** What is no syntax of the language; nothing where all of it is. */
export function faultsOf(language: keyof typeof PARSERS, code: string): string[] {
  const faults: string[] = [];
  PARSERS[language].parse(code).iterate({
    enter({ type, from }) {
      if (type.isError) faults.push(code.slice(from, from + 40));
    },
  });
  return faults;
}
