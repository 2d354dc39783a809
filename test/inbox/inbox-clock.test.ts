// Clocks that step back: that of one machine, or that of another machine to which an object has moved.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { list, mark } from "../support/inbox.ts";
import { BOTH, connect, draft, freshInbox } from "../support/object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const SECOND_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const goTo = (ms: number) => vi.setSystemTime(NOW + ms);

/** Returns an inbox that has counted out two expired messages, on a clock set back before that. */
async function steppedBack() {
  const stub = freshInbox();
  await stub.publish([draft(1, { ttl: 10 }), draft(2, { ttl: 10 }), draft(3)]);
  goTo(11 * SECOND_MS);
  await stub.publish([draft(4)]);
  goTo(9 * SECOND_MS);
  return stub;
}

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it.each([
    { what: "read", change: { read: true as const } },
    { what: "deleted", change: { remove: true as const } },
    { what: "archived", change: { archived: true } },
  ])("[LOG9] an expired message is not $what when the clock steps back", async ({ change }) => {
    const stub = await steppedBack();
    await rest(stub);
    expect(await mark(stub, [1, 2], change)).toMatchObject({ changed: false });
    await rest(stub);
    goTo(60 * SECOND_MS);
    const { counts, notifications } = await list(stub);
    expect(counts).toEqual({ unread: 2, unseen: 2, total: 2 });
    expect(notifications.map(({ data }) => data)).toEqual([4, 3]);
  });

  it("[LOG9] an `up_to` does not count an expired message again", async () => {
    const stub = await steppedBack();
    await rest(stub);
    expect((await mark(stub, 1, { read: true })).changed).toBe(false);
    expect((await mark(stub, 3, { read: true })).counts).toEqual({
      unread: 1,
      unseen: 1,
      total: 2,
    });
  });

  it("[LOG9] [LOG11] an expired message comes back neither in a list nor in a snapshot", async () => {
    const stub = await steppedBack();
    await rest(stub);
    expect((await list(stub)).notifications.map(({ data }) => data)).toEqual([4, 3]);
    const frame = await (await connect(stub)).messages();
    expect(frame.messages.map(({ data }) => data)).toEqual([3, 4]);
    await stub.publish([draft(5)]);
    const times = (await list(stub)).notifications.map(({ time }) => Date.parse(time));
    expect(times).toEqual([11, 11, 0].map((second) => NOW + second * SECOND_MS));
  });
});
