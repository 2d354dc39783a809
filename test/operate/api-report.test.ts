// docs/api equals the exports of the package, so that no change of them goes unseen.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { apiReports } from "../../src/operate/api-report.ts";
import { ENTRIES } from "../../src/operate/entries.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/api");
const REMEDY = "is not what the code declares: run `npm run api`, and look at the diff";

let reports: Map<string, string>;
beforeAll(() => {
  reports = apiReports();
}, 120_000);

it("has a page for each entry, and no other", () => {
  expect(readdirSync(FOLDER).sort(), `docs/api ${REMEDY}`).toEqual(
    Object.keys(ENTRIES)
      .map((entry) => `${entry}.md`)
      .sort(),
  );
});

it.each(Object.keys(ENTRIES))("says what belfry/%s exports", (entry) => {
  const page = readFileSync(join(FOLDER, `${entry}.md`), "utf8");
  expect(page, `docs/api/${entry}.md ${REMEDY}`).toBe(reports.get(entry));
});

describe("a report", () => {
  const partOf = (entry: string, title: string) =>
    reports
      .get(entry)
      ?.split("\n## ")
      .find((part) => part.startsWith(`${title}\n`)) ?? "";

  it("has the types of members, and the types that these refer to", () => {
    expect(partOf("client", "Exports")).toContain(
      "topic<Data = unknown>(name: string): Topic<Data>;",
    );
    expect(partOf("client", "Types that are not exported")).toContain("interface MessagesFrame {");
  });

  it("declares a symbol once, and says which entry exports it", () => {
    expect(partOf("react", "Types of other entries")).toContain(
      'import type { Client } from "belfry/client";',
    );
    expect(partOf("element", "Exports")).toContain('export { createClient } from "belfry/client";');
    const all = [...reports.values()].join("\n");
    expect(all.match(/interface Client extends/g)).toHaveLength(1);
  });

  it("has an entry's additions to the modules of others", () => {
    expect(partOf("element", "Exports")).toContain('declare module "react" {');
    expect(partOf("element", "Exports").match(/declare global/g)).toHaveLength(1);
  });

  it("leaves out comments", () => {
    expect([...reports].filter(([, text]) => text.includes("/*"))).toEqual([]);
  });
});
