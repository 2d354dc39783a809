// `npm start` with a jurisdiction, which the runtime on this machine does not support.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { developmentKey } from "../../src/operate/development-key.ts";
import { setsJurisdiction } from "../../src/operate/jurisdiction.ts";
import { ROOT, startDevelopment } from "../console/development.ts";
import { call } from "../support/backend.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "belfry-jurisdiction-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("a hub in development ignores JURISDICTION, and says so", async () => {
  developmentKey(ROOT);
  const vars = await readFile(join(ROOT, ".dev.vars"), "utf8");
  await writeFile(join(folder, ".dev.vars"), `${vars}JURISDICTION='eu'\n`);
  const config = join(folder, "wrangler.toml");
  const toml = (await readFile(join(ROOT, "wrangler.toml"), "utf8"))
    .replace("src/worker.ts", join(ROOT, "src/worker.ts"))
    .replace("./dist/assets", join(ROOT, "dist/assets"))
    .replace(/\[build\]\ncommand = .*\n/, "");
  await writeFile(config, toml);
  const hub = await startDevelopment("--config", config);
  expect(hub.said).toContain(
    "JURISDICTION is ignored: the runtime on this machine has no jurisdictions.",
  );
  const own = { authorization: `Bearer ${hub.key}` };
  const path = "/v1/users/ada/notifications";
  expect((await call(hub.url, "POST", path, { data: 1 }, own)).status).toBe(201);
  await hub.stop();
});

it.each([
  ["wrangler.toml", 'JURISDICTION = "eu"', true],
  ["wrangler.toml", '# JURISDICTION = "eu"', false],
  [".dev.vars", "JURISDICTION=eu", true],
  [".dev.vars", "JURISDICTION=''", false],
  [".dev.vars", "OTHER_JURISDICTION=eu", false],
  [".env", "export JURISDICTION='eu'", true],
])("%s with `%s` sets a jurisdiction: %s", async (name, text, sets) => {
  const own = await mkdtemp(join(folder, "vars-"));
  await writeFile(join(own, name), `A=1\n${text}\n`);
  expect(setsJurisdiction(own)).toBe(sets);
});
