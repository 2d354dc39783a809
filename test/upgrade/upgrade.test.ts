// An upgrade and a rollback of one release, on a real hub with its storage on disk: each release reads all
// that the other one has stored, and goes on with it.

import { rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { beforeAll, expect, inject, it } from "vitest";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { dumpsOf } from "../support/dump.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { type Names, read, repeatable, write } from "../support/life.ts";
import { bundleOf, hasHistory, releaseBefore } from "../support/release.ts";
import { TestSocket } from "../support/socket.ts";

const NAMES: Names = { user: "ada", topic: "builds" };
/** Each round fills the inbox again, so that every release overwrites rows of the other one. */
const INBOX_MESSAGES_MAX = 24;
const VARS = { INBOX_MESSAGES_MAX: String(INBOX_MESSAGES_MAX) };

let before = "";
beforeAll(async () => {
  if (!hasHistory) return;
  before = await bundleOf(await releaseBefore());
  return () => rm(dirname(before), { recursive: true });
});

/** Starts another release on the storage of a hub. It must find all that there is, and know each id. */
async function change(hub: Hub, bundle: string, since: string, rounds: number): Promise<Hub> {
  const expected = await read(hub.url, NAMES, since);
  const next = await hub.restart(bundle);
  const found = await read(next.url, NAMES, since);
  // The newer one may tell more.
  if (bundle === before) expect(expected).toMatchObject(found);
  else expect(found).toMatchObject(expected);
  for (let round = 1; round <= rounds; round++) {
    const path = `/v1/users/${NAMES.user}/notifications`;
    const { status, json } = await call(next.url, "POST", path, repeatable(round));
    expect([status, json.duplicate]).toEqual([200, true]);
  }
  return next;
}

it("[LOG16] a release goes on with what the release before has stored, and that one after a rollback", async ({
  skip,
}) => {
  skip(!hasHistory, "an archive of the sources has no history");
  const today = inject("bundle");
  let hub = await startHub(before, VARS);
  await write(hub.url, NAMES, 1);
  const { cursor } = (await read(hub.url, NAMES, null)).all;
  await write(hub.url, NAMES, 2);
  hub = await change(hub, today, cursor, 2);
  await write(hub.url, NAMES, 3);
  hub = await change(hub, before, cursor, 3);
  await write(hub.url, NAMES, 4);
  hub = await change(hub, today, cursor, 4);
  await write(hub.url, NAMES, 5);
  const { all } = await read(hub.url, NAMES, cursor);
  expect(all.notifications).toHaveLength(INBOX_MESSAGES_MAX);
  await hub.stop();
});

// Not a test: writes what test/log/golden.test.ts reads. With UPGRADE_FROM it records that commit.
const { RECORD, UPGRADE_FROM } = process.env;
if (RECORD !== undefined)
  it(`records what ${RECORD} stores`, async () => {
    const names = { user: `ada-of-${RECORD}`, topic: `builds-of-${RECORD}` };
    const hub = await startHub(UPGRADE_FROM === undefined ? inject("bundle") : before, VARS);
    await write(hub.url, names, 1);
    const { cursor } = (await read(hub.url, names, null)).all;
    await write(hub.url, names, 2);
    const token = await tokenOf(`bob-of-${RECORD}`, { "topic:*": ["subscribe"] });
    const watched = `/v1/connect?since=latest&topics=${names.topic}~latest`;
    const socket = new TestSocket(hub.url, watched, { headers: bearer(token) });
    await socket.nextOf("reply");
    const told = await read(hub.url, names, cursor);
    await hub.kill();
    const path = resolve(import.meta.dirname, "../log/golden", RECORD);
    await writeFile(`${path}.json`, JSON.stringify({ at: Date.now(), cursor, told }));
    for (const kind of ["inbox", "topic"] as const)
      await writeFile(`${path}-${kind}.sql`, dumpsOf(hub.storage, kind).join(""));
    await hub.stop();
  });
