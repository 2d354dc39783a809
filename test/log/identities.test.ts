// Ids: a publish that is repeated within a day is stored once.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { messagesOf, publish } from "../support/inbox.ts";
import { BOTH, connect, draft, freshInbox, freshTopic, type Stub } from "../support/object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const at = (hours: number) => vi.setSystemTime(NOW + hours * HOUR_MS);
const named = (id: string, data: unknown = id) => draft(data, { id });
const many = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => named(`${prefix}-${i}`));

const idsKept = (stub: Stub) =>
  runInDurableObject(stub as ReturnType<typeof freshInbox>, (_object, { storage }) =>
    [0, 1].map((table) => storage.sql.exec(`SELECT count(*) AS n FROM ids_${table}`).one().n),
  );

describe.each(BOTH)("a log that is $name", ({ rest }) => {
  it.each([
    { kind: "an inbox", make: freshInbox as () => Stub },
    { kind: "a topic", make: freshTopic as () => Stub },
  ])("[LOG3] $kind repeats its first answer to a repeated publish", async ({ make }) => {
    const stub = make();
    const stored = await publish(stub, named("same"));
    await publish(stub, draft("another"));
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    at(23);
    await rest(stub);
    expect(await publish(stub, named("same"))).toEqual({ ...stored, status: "duplicate" });
    expect(await messagesOf(socket)).toEqual([]);
    expect(await publish(stub, draft("next"))).toMatchObject({ offset: 3 });
  });

  it("[LOG3] an id belongs to its source", async () => {
    const stub = freshTopic();
    await publish(stub, named("same"));
    await rest(stub);
    const other = draft("same", { id: "same", source: "other" });
    expect(await publish(stub, other)).toMatchObject({ status: "stored", offset: 2 });
  });

  it("[LOG3] a message that is twice in one list is stored once", async () => {
    const stub = freshInbox();
    await publish(stub, draft("first"));
    await rest(stub);
    const outcomes = await stub.publish([named("a"), named("a"), named("b"), named("a", "other")]);
    expect(outcomes).toMatchObject([
      { status: "stored", offset: 2 },
      { status: "duplicate", offset: 2 },
      { status: "stored", offset: 3 },
      { status: "mismatch", id: "a" },
    ]);
  });

  it("[LOG4] an id with other content is a mismatch, and stores nothing", async () => {
    const stub = freshTopic();
    await publish(stub, named("same", 1));
    await rest(stub);
    expect(await stub.publish([named("same", 2)])).toEqual([{ status: "mismatch", id: "same" }]);
    expect(await publish(stub, named("same", 1))).toMatchObject({ status: "duplicate", offset: 1 });
    expect(await publish(stub, draft("next"))).toMatchObject({ offset: 2 });
  });

  it("[LOG5] after 24 h an id is new again", async () => {
    const stub = freshTopic();
    await publish(stub, named("same", 1));
    vi.setSystemTime(NOW + 24 * HOUR_MS - 1);
    await rest(stub);
    expect(await publish(stub, named("same", 1))).toMatchObject({ status: "duplicate", offset: 1 });
    at(24);
    await rest(stub);
    expect(await publish(stub, named("same", 2))).toMatchObject({ status: "stored", offset: 2 });
    // Its 24 h start again from here, though the old entry still exists.
    at(47);
    expect(await stub.publish([named("same", 1)])).toMatchObject([{ status: "mismatch" }]);
    expect(await publish(stub, named("same", 2))).toMatchObject({ status: "duplicate", offset: 2 });
  });

  it("[LOG3] [LOG5] the older of two tables goes after 24 h and 500 ids, and no younger id goes with it", async () => {
    const stub = freshTopic();
    await stub.publish(many("first", 500));
    at(23);
    const late = await publish(stub, named("late"));
    expect(await idsKept(stub)).toEqual([501, 0]);
    at(24);
    await rest(stub);
    await publish(stub, named("next"));
    expect(await idsKept(stub)).toEqual([501, 1]);
    expect(await publish(stub, named("late"))).toEqual({ ...late, status: "duplicate" });
    expect(await publish(stub, named("first-7"))).toMatchObject({ status: "stored" });
    at(25);
    await stub.publish(many("second", 500));
    at(46.9);
    expect(await publish(stub, named("late"))).toMatchObject({ status: "duplicate" });
    // The table that holds `late` is emptied on its next turn.
    at(48);
    await rest(stub);
    await publish(stub, named("third"));
    expect(await idsKept(stub)).toEqual([1, 502]);
    expect(await publish(stub, named("second-3"))).toMatchObject({ status: "duplicate" });
    expect(await publish(stub, named("late"))).toMatchObject({ status: "stored" });
  });

  it("[LOG3] a table with few ids stays in use, however old it is", async () => {
    const stub = freshTopic();
    await stub.publish(many("few", 499));
    at(24);
    await rest(stub);
    await publish(stub, named("next"));
    expect(await idsKept(stub)).toEqual([500, 0]);
  });
});
