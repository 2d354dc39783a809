// examples/publish.sh, run by the shell. Its `curl` is part of the test, so that a machine needs none.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, inject, it } from "vitest";
import { call } from "../support/backend.ts";
import { startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { Script } from "./script.ts";

const CURL = resolve(import.meta.dirname, "../docs/curl-command.ts");

it("examples/publish.sh publishes, lists and marks read", async () => {
  const hub = await startHub(inject("bundle"));
  const bin = await mkdtemp(join(tmpdir(), "belfry-curl-"));
  await writeFile(join(bin, "curl"), `#!/bin/sh\nexec "${process.execPath}" "${CURL}" "$@"\n`, {
    mode: 0o755,
  });
  const script = new Script("publish.sh", ["grace", "Tests are green"], {
    HUB: hub.url,
    KEY: API_KEY,
    PATH: `${bin}:${process.env.PATH}`,
  });
  expect(await script.ended(), script.lines.join("\n")).toBe(0);
  const [published, listed, marked] = script.lines
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  expect(published).toMatchObject({ offset: 1, duplicate: false });
  expect(listed.notifications).toMatchObject([
    { id: published.id, notification: { title: "Tests are green" }, read_at: null },
  ]);
  expect(marked).toMatchObject({ changed: true, counts: { unread: 0, total: 1 } });
  const quoted = new Script("publish.sh", ["grace", 'She said "go" \\ left'], {
    HUB: hub.url,
    KEY: API_KEY,
    PATH: `${bin}:${process.env.PATH}`,
  });
  expect(await quoted.ended(), quoted.lines.join("\n")).toBe(0);
  const refused = new Script("publish.sh", ["grace"], {
    HUB: hub.url,
    KEY: "bk_test_of_nobody_000000000000000000000000",
    PATH: `${bin}:${process.env.PATH}`,
  });
  expect(await refused.ended()).toBe(1);
  expect(refused.lines.join("\n")).toContain("this hub's");
  expect(refused.lines.join("\n")).not.toContain("Mark everything");
  const { json } = await call(hub.url, "GET", "/v1/users/grace/notifications");
  expect(json.notifications[0].notification.title).toBe('She said "go" \\ left');
  expect(json.notifications[0].read_at).not.toBeNull();
  await rm(bin, { recursive: true });
  await hub.stop();
});
