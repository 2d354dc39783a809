// docs/cli.md is true: the shell runs each of its commands as written, in order, against one real hub, and
// the output at a terminal matches the page.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { AT_TERMINAL, COMMAND, run } from "../cli/belfry.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";

const page = await readFile(resolve(import.meta.dirname, "../../docs/cli.md"), "utf8");
const examples = [...page.matchAll(/^```sh\n(.*?)^```\n\n```text\n(.*?)^```$/gms)].map(
  ([, command = "", printed = ""]) => ({ command, printed }),
);

/** Returns a pattern for printed output, in which `…` stands for any characters of a line. */
function patternOf(printed: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${printed.split("…").map(literal).join(".+")}$`);
}

describe("docs/cli.md", () => {
  let hub: Hub;
  let bin: string;
  beforeAll(async () => {
    hub = await startHub(inject("bundle"));
    bin = await mkdtemp(join(tmpdir(), "belfry-npx-"));
    const node = [process.execPath, ...AT_TERMINAL, COMMAND].map((part) => `"${part}"`).join(" ");
    // A stand-in for `npx belfry …`, without npm's slow start.
    await writeFile(join(bin, "npx"), `#!/bin/sh\nshift\nexec ${node} "$@"\n`, { mode: 0o755 });
  });
  afterAll(async () => {
    await hub.stop();
    await rm(bin, { recursive: true });
  });

  it.each(examples.map(({ command, printed }) => [command.trim(), printed]))(
    "%s",
    async (command, printed) => {
      const { stdout, stderr } = await promisify(execFile)("sh", ["-euc", command], {
        env: {
          PATH: `${bin}:${process.env.PATH}`,
          BELFRY_URL: hub.url,
          BELFRY_KEY: API_KEY,
          TZ: "UTC",
        },
      });
      expect(stdout + stderr).toMatch(patternOf(printed));
    },
  );

  it("runs every shell block of the page", () => {
    expect(examples).toHaveLength([...page.matchAll(/^```sh$/gm)].length);
  });

  it("has a heading for every command, and an example", async () => {
    const help = (await run(["--help"], {})).out;
    const names = help.flatMap((line) => /^ {2}(\w+) /.exec(line)?.[1] ?? []);
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading = ""]) => heading);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expect(headings.some((heading) => heading.split(/[ ,]+/).includes(name))).toBe(true);
      expect(examples.some(({ command }) => command.includes(`npx belfry ${name}`))).toBe(true);
    }
  });
});
