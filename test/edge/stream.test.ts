// The event stream that the Worker holds over an object's socket, by a clock that the test sets.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { streamOf } from "../../src/edge/stream.ts";
import { printDisconnect } from "../../src/protocol/down.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
    now: NOW,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A part of 200 kB. The last part of its step never comes. */
const largeFrame = JSON.stringify({
  ...{ type: "messages", epoch: "e", since: 0, to: 1, more: true, messages: [] },
  filler: "x".repeat(200_000),
});

/** Opens a stream; returns it with the object's end of its socket. */
function open(exp: number | null) {
  const { 0: client, 1: object } = new WebSocketPair();
  object.accept();
  const closed = new Promise<CloseEvent>((resolve) => object.addEventListener("close", resolve));
  const response = streamOf(
    client,
    null,
    { inbox: null, topics: new Map(), ticket: null },
    exp,
    NOW,
    () => 0.5,
  );
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const head = reader.read();
  const next = async () => {
    const { done, value } = await reader.read();
    return done ? null : new TextDecoder().decode(value);
  };
  return { object, response, reader, next, closed, head };
}

describe("an event stream", () => {
  it("[SSE1] `event` is the frame's type, `data` the frame, and `id` the cursor where a step is complete", async () => {
    const { object, response, next, head } = open(null);
    expect(new TextDecoder().decode((await head).value)).toBe("retry: 3500\n\n");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    const part = '{"type":"messages","epoch":"e","since":1,"to":3,"more":true,"messages":[]}';
    const last = '{"type":"messages","epoch":"e","since":1,"to":3,"messages":[]}';
    const connected = '{"type":"connected","epoch":"e","offset":1}';
    for (const frame of [connected, part, last]) object.send(frame);
    expect(await next()).toBe(`event: connected\ndata: ${connected}\n\n`);
    expect(await next()).toBe(`event: messages\ndata: ${part}\n\n`);
    expect(await next()).toBe(`event: messages\nid: e:3\ndata: ${last}\n\n`);
  });

  it("[SSE5] spreads reconnects over a longer time where its object has a crowd", async () => {
    const { object, next } = open(null);
    const frame = (spread: number) => `{"type":"connected","reconnect_spread":${spread}}`;
    object.send(frame(5));
    expect(await next()).toBe(`event: connected\ndata: ${frame(5)}\n\n`);
    object.send(frame(60));
    expect(await next()).toBe(`retry: 31000\nevent: connected\ndata: ${frame(60)}\n\n`);
  });

  it("[SSE3] has a comment every 25 s", async () => {
    const { next } = open(null);
    const read = next();
    await vi.advanceTimersByTimeAsync(24_999);
    const first = await Promise.race([read, Promise.resolve("nothing")]);
    expect(first).toBe("nothing");
    await vi.advanceTimersByTimeAsync(1);
    expect(await read).toBe(":\n\n");
    await vi.advanceTimersByTimeAsync(25_000);
    expect(await next()).toBe(":\n\n");
  });

  it("[SSE4] ends at the token's end, with `expired`", async () => {
    const { next, closed } = open(NOW / 1000 + 20);
    const read = next();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await read).toBe(`event: expired\ndata: ${printDisconnect(4002)}\n\n`);
    expect(await next()).toBeNull();
    expect(await closed).toMatchObject({ code: 1000 });
  });

  it.each([
    { token: "an API key, which has no end", exp: null },
    { token: "a token of an hour", exp: NOW / 1000 + 3600 },
  ])("[SSE4] of $token ends after 15 minutes without a word", async ({ exp }) => {
    const { next, closed } = open(exp);
    const events: (string | null)[] = [];
    const reading = (async () => {
      do events.push(await next());
      while (events.at(-1) !== null);
    })();
    await vi.advanceTimersByTimeAsync(15 * MINUTE_MS - 1);
    expect(events).toEqual(Array(35).fill(":\n\n"));
    await vi.advanceTimersByTimeAsync(1);
    await reading;
    expect(events.filter((event) => event !== ":\n\n")).toEqual([null]);
    expect(await closed).toMatchObject({ code: 1000 });
  });

  it("[SSE4] ends with `expired` as well when the object closes the socket for the token", async () => {
    const { object, next } = open(null);
    object.send(printDisconnect(4002));
    object.close(4002, "token expired");
    expect(await next()).toBe(`event: expired\ndata: ${printDisconnect(4002)}\n\n`);
    expect(await next()).toBeNull();
  });

  it("[SSE3] [SOC9] closes the object's socket when its reader has left", async () => {
    const { reader, closed } = open(null);
    await reader.cancel();
    expect(await closed).toMatchObject({ code: 1000 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("[SOC5] that is read too slowly ends", async () => {
    const { object, closed } = open(null);
    const frame = JSON.stringify({ type: "messages", filler: "x".repeat(200_000) });
    for (let i = 0; i < 6; i++) object.send(frame);
    await vi.advanceTimersByTimeAsync(5_001);
    object.send(frame);
    expect(await closed).toMatchObject({ code: 1000 });
  });

  it("[SOC5] that is read too slowly keeps nothing in memory once it has ended", async () => {
    const { object, reader, closed } = open(null);
    for (let i = 0; i < 6; i++) object.send(largeFrame);
    await vi.advanceTimersByTimeAsync(5_001);
    object.send(largeFrame);
    await closed;
    const found = await reader.read().then(
      () => "a frame",
      () => "nothing",
    );
    expect(found).toBe("nothing");
  });

  it("[SOC16] that has much unread ends at once when all streams together have too much", async () => {
    const slow = Array.from({ length: 3 }, () => open(null));
    const quick = open(null);
    const first = quick.next();
    for (let n = 0; n < 60; n++) for (const { object } of slow) object.send(largeFrame);
    // 3 times 12 MB are more than 32 MiB.
    const { code } = await Promise.race(slow.map(({ closed }) => closed));
    expect(code).toBe(1000);
    // A stream that is read goes on. Once the slow ones are gone, others may have as much unread.
    quick.object.send('{"type":"pong"}');
    expect(await first).toContain("event: pong");
    for (const { reader } of slow) await reader.cancel().catch(() => undefined);
    const later = open(null);
    for (let n = 0; n < 30; n++) later.object.send(largeFrame);
    for (let n = 0; n < 30; n++) expect(await later.next()).toContain("event: messages");
  });

  it("[SOC16] that has little unread ends as well when many such add up, and one that is read does not", async () => {
    const quick = open(null);
    await quick.head;
    const slow = Array.from({ length: 50 }, () => open(null));
    let ended = 0;
    for (const { closed } of slow)
      closed.then(() => {
        ended += 1;
      });
    // 50 times 0.8 MB are more than 32 MiB, and none of them more than 1 MiB.
    for (let n = 0; n < 4; n++) for (const { object } of slow) object.send(largeFrame);
    quick.object.send(largeFrame);
    expect(await quick.next()).toContain("event: messages");
    await vi.waitUntil(() => ended > 0);
    quick.object.send('{"type":"pong"}');
    expect(await quick.next()).toContain("event: pong");
    expect(ended).toBeLessThan(slow.length);
    for (const { reader } of slow) await reader.cancel().catch(() => undefined);
  });

  it("[SSE4] [CUR11] ends where a step is missing, so that its reader asks again", async () => {
    const { object, next, closed } = open(null);
    const step = (since: number, to: number) =>
      JSON.stringify({ type: "messages", epoch: "e", since, to, messages: [] });
    object.send(step(0, 3));
    expect(await next()).toContain("id: e:3");
    object.send(step(3, 4));
    expect(await next()).toContain("id: e:4");
    object.send(step(5, 6));
    expect(await next()).toBeNull();
    await closed;
  });

  it.each([
    [0, "a log that begins anew is told from its beginning"],
    [4, "a step in the middle of a new life is no beginning of it"],
  ])("[SSE4] [CUR11] after a step of another epoch, from %i on: %s", async (since) => {
    const { object, next } = open(null);
    const step = (epoch: string, from: number, to: number) =>
      JSON.stringify({ type: "messages", epoch, since: from, to, messages: [] });
    object.send(step("e", 0, 3));
    await next();
    object.send(step("f", since, 5));
    expect(await next()).toEqual(since === 0 ? expect.stringContaining("id: f:5") : null);
  });
});
