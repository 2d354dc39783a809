// docs/element.md names everything that a page can use of the element.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { BelfryInbox } from "../../src/element/index.ts";
import { ENGLISH } from "../../src/element/labels.ts";
import { STYLES } from "../../src/element/styles.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/element.md"), "utf8");
const SOURCE = readdirSync(join(ROOT, "src/element"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(ROOT, "src/element", name), "utf8"))
  .join("\n");

const found = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map(([, name]) => name as string)),
];
/** Returns the names in the first column of the table after a heading or a sentence. */
function table(after: string): string[] {
  const rows =
    PAGE.slice(PAGE.indexOf(after))
      .match(/^\|.*(\n\|.*)*/m)?.[0]
      .split("\n") ?? [];
  return rows.slice(2).flatMap((row) => found(row.split("|")[1] ?? "", /`([\w-]+)/g));
}

describe("docs/element.md names", () => {
  it("each attribute", () => {
    const asked = found(SOURCE, /(?:getAttribute|hasAttribute|isOn)\((?:host, )?"([\w-]+)"\)/g);
    const all = new Set([...asked, ...BelfryInbox.observedAttributes]);
    expect(table("## Attributes").sort()).toEqual([...all].sort());
  });

  it("each property", () => {
    const own = Object.entries(Object.getOwnPropertyDescriptors(BelfryInbox.prototype));
    const properties = own.filter(([, { set }]) => set).map(([name]) => name);
    expect(table("## Properties").sort()).toEqual(properties.sort());
  });

  it("each event", () => {
    const events = found(SOURCE, /"(belfry-(?!inbox)\w+)"/g);
    expect(table("## Events").sort()).toEqual(events.sort());
  });

  it("each variable", () => {
    const variables = found(STYLES, /(--belfry-[\w-]+):/g);
    const named = found(PAGE, /^\| `(--belfry-[\w-]+)`/gm);
    expect(named.sort()).toEqual(variables.sort());
  });

  it("each part", () => {
    const made = found(SOURCE, /\bh\(\s*"\w+",\s*"([\w-]+)"/g);
    const buttons = found(SOURCE, /\bbutton\("([\w-]+)"/g);
    const others = ["unread", "link", "icon", "image", "action"];
    const all = new Set([...made, ...buttons, ...others]);
    expect(table("The parts for").sort()).toEqual([...all].sort());
  });

  it("each slot", () => {
    expect(table("## Slots").sort()).toEqual(found(SOURCE, /"slot", "", \{ name: "(\w+)"/g).sort());
  });

  it("each label", () => {
    expect(table("| label ").sort()).toEqual(Object.keys(ENGLISH).sort());
  });
});
