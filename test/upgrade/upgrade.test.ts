// An upgrade and a rollback of one release, on a real hub with its storage on disk: each release reads
// everything that the other one has stored, and goes on with it.

import { rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { beforeAll, expect, inject, it } from "vitest";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { dumpsOf } from "../support/dump.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { type Names, read, repeatable, write } from "../support/life.ts";
import { bundleOf, releaseBefore } from "../support/release.ts";
import { TestSocket } from "../support/socket.ts";

/** Each round fills the inbox again, so that every release overwrites rows of the other one. */
const INBOX_MESSAGES_MAX = 24;
const VARS = { INBOX_MESSAGES_MAX: String(INBOX_MESSAGES_MAX) };

/** The bundle of the release before; empty where the history lacks it. */
let before = "";
beforeAll(async () => {
  const commit = await releaseBefore();
  if (commit === null) return;
  before = await bundleOf(commit);
  return () => rm(dirname(before), { recursive: true });
});

interface Life extends Names {
  /** The cursor of its inbox after the first round. `rounds` are all that were written. */
  cursor: string | null;
  rounds: number[];
}

/** Returns a user and a topic without a message yet. */
const life = (name: string): Life => ({ user: name, topic: name, cursor: null, rounds: [] });

const writeAll = (hub: Hub, lives: Life[], round: number) =>
  Promise.all(
    lives.map(async (each) => {
      await write(hub.url, each, round);
      each.rounds.push(round);
      each.cursor ??= (await read(hub.url, each, null)).all.cursor;
    }),
  );

/** Starts another release on a hub's storage. It must find everything, and know each id. */
async function change(hub: Hub, bundle: string, lives: Life[]): Promise<Hub> {
  const expected = await Promise.all(lives.map((each) => read(hub.url, each, each.cursor)));
  const next = await hub.restart(bundle);
  for (const [i, { cursor, rounds, ...names }] of lives.entries()) {
    const found = await read(next.url, names, cursor);
    // The newer release may return more.
    if (bundle === before) expect(expected[i]).toMatchObject(found);
    else expect(found).toMatchObject(expected[i] as object);
    for (const round of rounds) {
      const path = `/v1/users/${names.user}/notifications`;
      const { status, json } = await call(next.url, "POST", path, repeatable(round));
      expect([status, json.duplicate]).toEqual([200, true]);
    }
  }
  return next;
}

it("[LOG16] a release goes on with the storage of the release before, and that one after a rollback", async ({
  skip,
}) => {
  skip(before === "", "the release before is not in the history: git fetch --unshallow --tags");
  const lives = [life("made-before")];
  let hub = await startHub(before, VARS);
  for (const round of [1, 2]) await writeAll(hub, lives, round);
  hub = await change(hub, inject("bundle"), lives);
  lives.push(life("made-today"));
  await writeAll(hub, lives, 3);
  hub = await change(hub, before, lives);
  await writeAll(hub, lives, 4);
  hub = await change(hub, inject("bundle"), lives);
  await writeAll(hub, lives, 5);
  for (const { user } of lives) {
    const path = `/v1/users/${user}/notifications?state=all&limit=100`;
    expect((await call(hub.url, "GET", path)).json.notifications).toHaveLength(INBOX_MESSAGES_MAX);
  }
  await hub.stop();
});

// Not a test: it writes the files that test/log/golden.test.ts reads, with UPGRADE_FROM those of that commit.
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
