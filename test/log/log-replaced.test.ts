// A replaced instance still has its memory, while its storage throws. The memory may be out of date, so it
// is never the only source of an answer to a newcomer.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Joining } from "../../src/objects/member.ts";
import type { Since } from "../../src/protocol/cursor.ts";
import { list, mark, publish } from "../support/inbox.ts";
import { connect, draft, drafts, freshInbox, freshTopic, type Stub } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

const WHY = "this instance was replaced";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes every SQL call of this instance fail. */
function replace(stub: Stub): Promise<void> {
  return runInDurableObject(stub as ReturnType<typeof freshInbox>, (_object, { storage }) => {
    storage.sql.exec = () => {
      throw new Error(WHY);
    };
  });
}

/** Publishes three messages, all of them in memory; returns the cursor of the last. */
async function fill(stub: Stub): Promise<{ epoch: string; offset: number }> {
  await stub.publish(drafts(2));
  const { epoch } = await publish(stub, draft(3));
  await (await connect(stub, "latest")).nextOf("connected");
  return { epoch, offset: 3 };
}

describe.each([
  { kind: "an inbox", make: freshInbox as () => Stub },
  { kind: "a topic", make: freshTopic as () => Stub },
])("$kind that was replaced", ({ make }) => {
  it.each([
    { since: "`latest`", of: (): Since => "latest" },
    { since: "the head", of: (head: { epoch: string; offset: number }): Since => head },
    {
      since: "a message that is in memory",
      of: ({ epoch, offset }: { epoch: string; offset: number }): Since => ({
        epoch,
        offset: offset - 1,
      }),
    },
  ])("[CON10] asks a connect since $since to come back, and sends nothing", async ({ of }) => {
    const failed = vi.spyOn(console, "error").mockReturnValue();
    const stub = make();
    const since = of(await fill(stub));
    await replace(stub);
    const socket = await connect(stub, since);
    expect(await expectEnd(socket, 4001)).toEqual([]);
    expect(failed.mock.calls.map(([line]) => JSON.parse(line as string))).toEqual([
      {
        event: "greeting_failed",
        connection: expect.stringMatching(/^c_/),
        cause: `Error: ${WHY}`,
      },
    ]);
  });
});

it("[CUR3] a replaced inbox does not list the changes since a cursor", async () => {
  const stub = freshInbox();
  const head = await fill(stub);
  const query = { limit: 100, before: null, state: null, category: null };
  const before = { ...head, offset: head.offset - 1 };
  expect(await list(stub, { since: before })).toMatchObject({ recovered: true });
  await replace(stub);
  for (const since of [head, before])
    await expect(
      runInDurableObject(stub, (inbox) => inbox.list({ ...query, since }, "backend")),
    ).rejects.toThrow(WHY);
});

it("[STA11] a replaced inbox does not answer a mark with `changed: false`", async () => {
  const stub = freshInbox();
  const { epoch, offset } = await fill(stub);
  await mark(stub, offset, { read: true });
  const again = { epoch, target: { upTo: offset }, read: true };
  expect(await mark(stub, offset, { read: true })).toMatchObject({ changed: false });
  await replace(stub);
  await expect(runInDurableObject(stub, (inbox) => inbox.mark(again, "backend"))).rejects.toThrow(
    WHY,
  );
});

it("[CON8] [DEL3] a replaced inbox reports neither that it has no audience nor that a token is valid", async () => {
  const stub = freshInbox();
  await fill(stub);
  await replace(stub);
  const none = { entries: [], live: [], since: 0, to: 0, lost: 0, oldest: 0 };
  const batch = { ...none, topic: "news", isPublic: false, epoch: "e", generation: 1 };
  await expect(runInDurableObject(stub, (inbox) => inbox.deliver(batch))).rejects.toThrow(WHY);
  // `revokes` throws in the turn of the call; a caller outside the object sees a rejection.
  await expect(runInDurableObject(stub, async (inbox) => inbox.revokes(1))).rejects.toThrow(WHY);
});

it("[SUB1] a replaced topic accepts no member, not even one that it knows", async () => {
  const stub = freshTopic();
  const head = await fill(stub);
  const ada: Joining = { member: "user:ada", follows: false, since: "latest", unlessPublic: null };
  expect(await stub.join(ada)).toMatchObject({ ...head, recovered: true });
  await replace(stub);
  for (const since of ["latest", head, { ...head, offset: head.offset - 1 }] as const)
    await expect(
      runInDurableObject(stub, (topic) => topic.join({ ...ada, since })),
    ).rejects.toThrow(WHY);
});
