// Checkpoints that another release has stored: one of an older release lacks members, and one of a newer
// release, before it was rolled back, may have more.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { list } from "../support/inbox.ts";
import { namedTopic, namedUser } from "../support/member.ts";
import { draft, type Stub } from "../support/object.ts";

type Meta = Record<string, unknown>;

/** Turns the object's part of the newest checkpoint into another release's by `change`; returns it. */
async function storedMeta(
  stub: Stub,
  change: (meta: Meta) => Meta = (meta) => meta,
): Promise<Meta> {
  const meta = await runInDurableObject<DurableObject, Meta>(stub, (_object, { storage }) => {
    const newest = "(SELECT max(offset) FROM log)";
    const { checkpoint } = storage.sql
      .exec<{ checkpoint: string }>(`SELECT checkpoint FROM log WHERE offset = ${newest}`)
      .one();
    const values = JSON.parse(checkpoint) as unknown[];
    const changed = change(values.at(-1) as Meta);
    const text = JSON.stringify([...values.slice(0, -1), changed]);
    storage.sql.exec(`UPDATE log SET checkpoint = ? WHERE offset = ${newest}`, text);
    return changed;
  });
  await evictDurableObject(stub);
  return meta;
}

it("[LOG2] members that an inbox of an older release lacks begin with their defaults", async () => {
  const [ada, topic] = [namedUser(), namedTopic()];
  await ada.stub.publish([draft(1)]);
  await storedMeta(ada.stub, ({ unread, unseen, total }) => ({ unread, unseen, total }));
  expect(await ada.stub.revokes(0)).toBe(false);
  expect(await ada.stub.follow(topic.name, "backend")).toBe(true);
  await ada.stub.publish([draft(2)]);
  expect(await storedMeta(ada.stub)).toEqual({
    ...{ unread: 2, unseen: 2, total: 2, removed: 0, seen: [], read: [] },
    ...{ notBefore: null, follows: 1, left: expect.anything() },
  });
});

it("[LOG2] members that a topic of an older release lacks begin with their defaults", async () => {
  const topic = namedTopic();
  await topic.stub.publish([draft(1)]);
  await storedMeta(topic.stub, () => ({}));
  await topic.stub.publish([draft(2)]);
  expect(await storedMeta(topic.stub)).toEqual({ delivered: null, settings: null });
  expect(await topic.stub.standing()).toMatchObject({ access: "token", members: 0 });
});

it("[LOG2] members that a newer release has stored outlive a rollback", async () => {
  for (const { stub } of [namedUser(), namedTopic()]) {
    await stub.publish([draft(1)]);
    await storedMeta(stub, (meta) => ({ ...meta, ofLater: 7 }));
    await stub.publish([draft(2)]);
    expect(await storedMeta(stub)).toMatchObject({ ofLater: 7 });
  }
});

it("[LOG16] a log that lacks columns gets them when it wakes, even if it is only read", async () => {
  const ada = namedUser();
  await ada.stub.publish([draft(1)]);
  await runInDurableObject(ada.stub, (_inbox, { storage }) => {
    for (const name of ["topic", "topic_offset"])
      storage.sql.exec(`ALTER TABLE log DROP COLUMN ${name}`);
  });
  await evictDurableObject(ada.stub);
  expect((await list(ada.stub)).notifications).toMatchObject([{ data: 1 }]);
  await ada.stub.publish([draft(2)]);
  expect((await list(ada.stub)).counts).toMatchObject({ total: 2 });
});
