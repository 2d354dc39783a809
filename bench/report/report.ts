// The whole result of a run as markdown, for the terminal and for the results section of README.md.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../servers/wrangler.ts";
import { absoluteTable, costTable } from "./absolutes.ts";
import { comparisonTable } from "./comparisons.ts";
import type { Row } from "./row.ts";
import { type Setting, settingText } from "./setting.ts";

const README = join(import.meta.dirname, "..", "README.md");
const START = "<!-- results: written by `node bench/run.ts --write` -->";
const END = "<!-- end of results -->";

export function report(setting: Setting, rows: readonly Row[]): string {
  const failed = rows.filter((row) => row.error !== undefined);
  const parts = [
    settingText(setting),
    "### The hub beside the others",
    "Medians; the range is that of the ratio over the rounds. Generator CPU is given for the hub / " +
      "the other server, in cores: near 1, the generator was the limit.",
    comparisonTable(rows),
    "### Every server",
    absoluteTable(rows),
    "### What it cost",
    "Server µs for each operation (cores in use: server / generator). An operation is a delivery " +
      "where there are subscribers, a message of a recipient where there are followers, else a " +
      "publish, a stored message or a connection.",
    costTable(rows),
  ];
  if (failed.length > 0) {
    const lines = failed.map(
      ({ measure, server, round, error }) => `- ${measure}, ${server}, round ${round}: ${error}`,
    );
    parts.push("### Rows that failed", lines.join("\n"));
  }
  return parts.join("\n\n");
}

/** Puts a report in the place of the last one in README.md. */
export function writeResults(text: string): void {
  const readme = readFileSync(README, "utf8");
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start === -1 || end < start) throw new Error("bench/README.md has no results section.");
  const before = readme.slice(0, start + START.length);
  writeFileSync(README, `${before}\n\n${text}\n\n${readme.slice(end)}`);
  // The project's formatter also lays out tables, so the page passes the check.
  execFileSync(join(PROJECT, "node_modules", ".bin", "biome"), ["format", "--write", README], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
