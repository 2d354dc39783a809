// The history of a topic: by cursor, by time, by duration, page by page.

import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";
import { parseHistorySince } from "../../src/protocol/since.ts";
import { at, range } from "../support/inbox.ts";
import { BOTH, connect, draft, drafts, freshTopic } from "../support/object.ts";
import { type History, history } from "../support/topic-object.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const offsets = ({ messages }: History) => messages.map(({ offset }) => offset);

/** Publishes message n after n minutes. */
async function everyMinute(count: number) {
  const stub = freshTopic();
  for (let n = 1; n <= count; n++) {
    vi.setSystemTime(NOW + n * MINUTE_MS);
    await stub.publish([draft(n)]);
  }
  return { stub, epoch: (await history(stub)).cursor.split(":")[0] as string };
}

describe.each(BOTH)("a topic that is $name", ({ rest }) => {
  it("[TOP2] without `since`: the newest, in the order of the log", async () => {
    const { stub, epoch } = await everyMinute(5);
    await rest(stub);
    const page = await history(stub, { limit: 2 });
    expect(offsets(page)).toEqual([4, 5]);
    expect(page).toMatchObject({ recovered: true, cursor: `${epoch}:5`, next: null });
    expect(offsets(await history(stub, { limit: 2, before: 4 }))).toEqual([2, 3]);
    expect(offsets(await history(stub, { limit: 2, before: 2 }))).toEqual([1]);
  });

  it("[TOP2] after a cursor: page by page with `next`, then the cursor to continue from", async () => {
    const { stub, epoch } = await everyMinute(5);
    await rest(stub);
    const first = await history(stub, { since: at(epoch, 1), limit: 2 });
    expect(offsets(first)).toEqual([2, 3]);
    expect(first).toMatchObject({ recovered: true, cursor: `${epoch}:3`, next: `${epoch}:3` });
    const second = await history(stub, { since: at(epoch, 3), limit: 2 });
    expect(offsets(second)).toEqual([4, 5]);
    expect(second).toMatchObject({ recovered: true, cursor: `${epoch}:5`, next: null });
    const third = await history(stub, { since: at(epoch, 5) });
    expect(third).toEqual({ messages: [], recovered: true, cursor: `${epoch}:5`, next: null });
  });

  it("[TOP2] [CUR6] after a cursor that cannot be continued: all that is kept, and `recovered: false`", async () => {
    const { stub, epoch } = await everyMinute(3);
    await rest(stub);
    for (const since of [at("other", 1), at(epoch, 4)]) {
      const page = await history(stub, { since });
      expect(offsets(page)).toEqual([1, 2, 3]);
      expect(page).toMatchObject({ recovered: false, cursor: `${epoch}:3` });
    }
  });

  it("[TOP2] since a time: the messages published then or later", async () => {
    const { stub, epoch } = await everyMinute(5);
    await rest(stub);
    const since = (minutes: number) => ({ since: { time: NOW + minutes * MINUTE_MS } });
    expect(offsets(await history(stub, since(3)))).toEqual([3, 4, 5]);
    expect(offsets(await history(stub, since(2.01)))).toEqual([3, 4, 5]);
    const none = await history(stub, since(6));
    expect(none).toEqual({ messages: [], recovered: true, cursor: `${epoch}:5`, next: null });
    const all = await history(stub, { ...since(-60), limit: 3 });
    expect(offsets(all)).toEqual([1, 2, 3]);
    expect(all).toMatchObject({ recovered: true, next: `${epoch}:3` });
  });

  it("[TOP2] [LOG12] since a time: `recovered: false` when something younger was pushed out", async () => {
    const { stub } = await everyMinute(3);
    vi.setSystemTime(NOW + 10 * MINUTE_MS);
    // These push out the first two messages.
    await stub.publish(drafts(999, 4));
    await rest(stub);
    const since = (minutes: number) => ({ since: { time: NOW + minutes * MINUTE_MS }, limit: 1 });
    for (const [minutes, recovered] of [
      [0, false],
      [2, false],
      [2.5, false],
      [3.5, true],
      [10, true],
    ] as const) {
      const page = await history(stub, since(minutes));
      expect(page.recovered, `since minute ${minutes}`).toBe(recovered);
    }
    expect(offsets(await history(stub, since(0)))).toEqual([3]);
  });

  it("[TOP2] [LOG8] since a time: `recovered: false` when it lies beyond the age", async () => {
    const { stub } = await everyMinute(1);
    vi.setSystemTime(NOW + 7 * DAY_MS + 2 * MINUTE_MS);
    await stub.publish([draft(2)]);
    await rest(stub);
    const page = await history(stub, { since: { time: NOW } });
    expect(offsets(page)).toEqual([2]);
    expect(page.recovered).toBe(false);
  });

  it("[TOP2] [LOG8] since a time: an aged row that is still stored proves nothing", async () => {
    const { stub } = await everyMinute(2);
    vi.setSystemTime(NOW + 7 * DAY_MS + 5 * MINUTE_MS);
    const page = await history(stub, { since: { time: NOW + 1.5 * MINUTE_MS } });
    expect(page).toMatchObject({ recovered: false, messages: [] });
  });

  it("[TOP2] [LOG15] since a time: `recovered: false` when it lies in an earlier epoch of the log", async () => {
    const { stub } = await everyMinute(1);
    vi.setSystemTime(NOW + 7 * DAY_MS + MINUTE_MS);
    await runDurableObjectAlarm(stub);
    await stub.publish([draft("anew")]);
    await rest(stub);
    const page = await history(stub, { since: { time: NOW } });
    expect(page).toMatchObject({ recovered: false, messages: [{ offset: 1, data: "anew" }] });
    const young = await history(stub, { since: { time: NOW + 2 * MINUTE_MS } });
    expect(young).toMatchObject({ recovered: true, messages: [{ data: "anew" }] });
  });

  it("[TOP2] [LOG9] expired messages are on no page", async () => {
    const stub = freshTopic();
    await stub.publish([draft(1), draft(2, { ttl: 30 }), draft(3)]);
    vi.setSystemTime(NOW + 30_000);
    await rest(stub);
    const epoch = (await history(stub)).cursor.split(":")[0] as string;
    expect(offsets(await history(stub))).toEqual([1, 3]);
    const page = await history(stub, { since: at(epoch, 1), limit: 1 });
    expect(offsets(page)).toEqual([3]);
    expect(page).toMatchObject({ recovered: true, next: null });
  });

  it("[TOP2] over a socket, in each of the three forms", async () => {
    const { stub, epoch } = await everyMinute(5);
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    for (const [since, expected] of [
      [`${epoch}:3`, [4, 5]],
      ["2030-05-01T10:04:00Z", [4, 5]],
      ["2030-05-01T12:04:00+02:00", [4, 5]],
      ["90s", [4, 5]],
      ["1h", range(1, 5)],
    ] as const) {
      socket.send({ type: "history", id: since, since });
      const reply = await socket.nextOf("reply");
      expect(reply).toMatchObject({ id: since, recovered: true, cursor: `${epoch}:5`, next: null });
      expect(offsets(reply as unknown as History)).toEqual(expected);
    }
    socket.send({ type: "history", id: "bad", since: "yesterday" });
    expect(await socket.nextOf("error")).toMatchObject({ id: "bad", field: "since" });
  });

  it("[TOP2] [SOC11] a page of large messages fits into a frame, and the next begins after it", async () => {
    const stub = freshTopic();
    // Each character has three bytes, so that the text is nearly as long as a message can be.
    for (let n = 1; n <= 6; n++) await stub.publish([draft("€".repeat(21_000))]);
    const epoch = (await history(stub)).cursor.split(":")[0] as string;
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    const page = async (query: { since: string } | { before: number }) => {
      socket.send({ type: "history", id: 1, ...query });
      const reply = (await socket.nextOf("reply")) as unknown as History;
      expect(new TextEncoder().encode(JSON.stringify(reply)).length).toBeLessThan(FRAME_BYTES_MAX);
      return reply;
    };
    const first = await page({ since: `${epoch}:0` });
    expect(offsets(first)).toEqual([1, 2, 3]);
    expect(first.next).toBe(`${epoch}:3`);
    const second = await page({ since: `${epoch}:3` });
    expect(offsets(second)).toEqual([4, 5, 6]);
    expect(second.next).toBeNull();
    expect(offsets(await page({ before: 6 }))).toEqual([3, 4, 5]);
  });
});

describe("the `since` of a history", () => {
  it.each([
    ["abc:7", { epoch: "abc", offset: 7 }],
    ["90s", { time: NOW - 90_000 }],
    ["15m", { time: NOW - 15 * MINUTE_MS }],
    ["1h", { time: NOW - 60 * MINUTE_MS }],
    ["7d", { time: NOW - 7 * DAY_MS }],
    ["2030-05-01T10:00:00Z", { time: NOW }],
    ["2030-05-01T10:00:00.25Z", { time: NOW + 250 }],
    ["2030-05-01T03:30:00-06:30", { time: NOW }],
  ])("[TOP2] %s is read", (text, since) => {
    expect(parseHistorySince(text, NOW)).toEqual(since);
  });

  it.each([
    ...["", "7", "7w", "-7d", "1.5h", "1234567d", "7D", "abc:", ":7", "abc:-1", "abc:07"],
    ...["2030-05-01", "2030-05-01T10:00:00", "2030-13-01T10:00:00Z", "Wed, 01 May 2030"],
  ])("[TOP2] %j is refused", (text) => {
    expect(parseHistorySince(text, NOW)).toBeNull();
  });
});
