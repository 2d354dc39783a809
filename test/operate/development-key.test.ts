// The secrets that `npm start` makes for itself.

import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { developmentKey } from "../../src/operate/development-key.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "belfry-key-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("are made once, for their owner alone, and the hub knows the key by its digest only", async () => {
  const key = developmentKey(folder);
  expect(developmentKey(folder)).toBe(key);
  const vars = await readFile(join(folder, ".dev.vars"), "utf8");
  expect(vars).not.toContain(key);
  for (const file of [".dev.vars", ".dev.key"])
    expect((await stat(join(folder, file))).mode & 0o077).toBe(0);
});

it("are made again after .dev.vars was deleted, as it says", async () => {
  const key = developmentKey(folder);
  await rm(join(folder, ".dev.vars"));
  expect(developmentKey(folder)).not.toBe(key);
});

it("never overwrite a .dev.vars that was written by hand", async () => {
  const own = "JWKS_URL='https://login.example.com/.well-known/jwks.json'\n";
  await writeFile(join(folder, ".dev.vars"), own);
  expect(() => developmentKey(folder)).toThrow(".dev.key");
  expect(await readFile(join(folder, ".dev.vars"), "utf8")).toBe(own);
});
