// The first pages for a newcomer are readable as plain text: narrow tables, and a picture that loads fast.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(resolve(import.meta.dirname, "../..", path));

describe("tables", () => {
  const COLUMNS_MAX = 100;
  const PAGES = [
    "README.md",
    "docs/quick-starts.md",
    "docs/limits.md",
    "docs/sdk.md",
    "docs/element.md",
  ];

  it.each(PAGES)(`of %s are at most ${COLUMNS_MAX} columns wide`, (path) => {
    const rows = read(path)
      .toString()
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(rows.filter((row) => row.length > COLUMNS_MAX)).toEqual([]);
  });
});

describe("the README's picture", () => {
  const BYTES_MAX = 100_000;
  const markup = /^<picture>.*?^<\/picture>$/ms.exec(read("README.md").toString())?.[0] ?? "";

  it("has a light and a dark version, and a text for people who cannot see it", () => {
    expect(markup).toMatch(/prefers-color-scheme: dark\)" srcset="docs\/images\/inbox-dark\.png"/);
    expect(markup).toMatch(/<img src="docs\/images\/inbox-light\.png"/);
    expect(markup).toMatch(/alt="[^"]{40,}"/);
  });

  it.each(["light", "dark"])("is small and sharp in %s", (colorScheme) => {
    const png = read(`docs/images/inbox-${colorScheme}.png`);
    expect(png.length).toBeLessThanOrEqual(BYTES_MAX);
    // A PNG has its width at byte 16. Twice the shown width is sharp on every screen.
    expect(png.readUInt32BE(16)).toBe(2 * Number(/width="(\d+)"/.exec(markup)?.[1]));
  });
});
