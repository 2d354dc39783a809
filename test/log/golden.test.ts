// The databases of shipped releases, as those releases wrote them: today's code reads all that the release
// read, and continues with it. To record another one, see CONTRIBUTING.md.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Table } from "../../src/log/table.ts";
import hub from "../../src/worker.ts";
import { call } from "../support/backend.ts";
import { type Names, read, repeatable, write } from "../support/life.ts";
import type { Stub } from "../support/object.ts";
import golden010 from "./golden/0.1.0.json" with { type: "json" };
import inboxOf010 from "./golden/0.1.0-inbox.sql?raw";
import topicOf010 from "./golden/0.1.0-topic.sql?raw";
import goldenBefore010 from "./golden/before-0.1.0.json" with { type: "json" };
import inboxBefore010 from "./golden/before-0.1.0-inbox.sql?raw";
import topicBefore010 from "./golden/before-0.1.0-topic.sql?raw";

const RELEASES = {
  "0.1.0": { inbox: inboxOf010, topic: topicOf010, golden: golden010 },
  // As of 26 November 2026: members without a time, a topic without `round`, an inbox without `left`.
  "before-0.1.0": { inbox: inboxBefore010, topic: topicBefore010, golden: goldenBefore010 },
};

const HUB = "https://hub.example";
const MINUTE_MS = 60_000;
/** The messages that a round leaves in the inbox: it adds 14 and deletes one of them again. */
const KEPT_OF_A_ROUND = 13;

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
    hub.fetch(new Request(url, init), env),
  );
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const stubsOf = ({ user, topic }: Names): { inbox: Stub; topic: Stub } => ({
  inbox: env.INBOX.getByName(`v1/-/user/${user}`),
  topic: env.TOPIC.getByName(`v1/-/topic/${topic}`),
});

/** Returns the columns of each table, sorted by name. */
function columnsOf(stub: Stub): Promise<Record<string, string[]>> {
  return runInDurableObject<DurableObject, Record<string, string[]>>(
    stub,
    (_object, { storage: { sql } }) => {
      const schema = new Table("sqlite_schema", { name: "TEXT", type: "TEXT" } as const);
      const tables = schema.rows(
        sql,
        "WHERE type = 'table' AND name NOT GLOB '_cf_*' ORDER BY name",
      );
      return Object.fromEntries(
        tables.map(({ name }) => [
          name,
          sql
            .exec<{ name: string }>("SELECT name FROM pragma_table_info(?) ORDER BY name", name)
            .toArray()
            .map((column) => column.name),
        ]),
      );
    },
  );
}

async function evictAll(stubs: Record<string, Stub>): Promise<void> {
  for (const stub of Object.values(stubs)) await evictDurableObject(stub);
}

describe.each(Object.entries(RELEASES))("a database of %s", (release, { inbox, topic, golden }) => {
  it("[LOG16] is read, written, and has the columns of a new one afterwards", async () => {
    const names = { user: `ada-of-${release}`, topic: `builds-of-${release}` };
    const stubs = stubsOf(names);
    vi.useFakeTimers({ toFake: ["Date"], now: golden.at + MINUTE_MS });
    for (const [stub, text] of [
      [stubs.inbox, inbox],
      [stubs.topic, topic],
    ] as const)
      await runInDurableObject<DurableObject, void>(stub, (_object, { storage }) => {
        storage.sql.exec(text);
      });
    await evictAll(stubs);
    const { cursor, told } = golden;
    expect(await read(HUB, names, cursor)).toMatchObject(told);

    const path = `/v1/users/${names.user}/notifications`;
    for (const round of [1, 2]) {
      const { status, json } = await call(HUB, "POST", path, repeatable(round));
      expect([status, json.duplicate]).toEqual([200, true]);
    }
    await write(HUB, names, 3);
    const after = await read(HUB, names, cursor);
    const kept = told.all.notifications.length + KEPT_OF_A_ROUND;
    expect(after.all.notifications).toHaveLength(kept);
    expect(after.all.notifications.slice(KEPT_OF_A_ROUND)).toMatchObject(
      // The round marked everything up to its first message as seen.
      told.all.notifications.map(({ seen_at, ...message }) => message),
    );
    await evictAll(stubs);
    expect(await read(HUB, names, cursor)).toEqual(after);

    const fresh = { user: `new-${release}`, topic: `new-${release}` };
    await write(HUB, fresh, 1);
    for (const kind of ["inbox", "topic"] as const)
      expect(await columnsOf(stubs[kind])).toEqual(await columnsOf(stubsOf(fresh)[kind]));
  });
});
