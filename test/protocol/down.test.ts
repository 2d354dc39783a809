// The frames to clients, byte for byte, and the split of a long frame.

import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type MessagesFrame,
  printConnected,
  printDisconnect,
  printError,
  printMessages,
  printReply,
} from "../../src/protocol/down.ts";
import { FRAME_BYTES_MAX, MESSAGE_BYTES_MAX } from "../../src/protocol/limits.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

it("[CON10] `connected`", () => {
  const counts = { unread: 3, unseen: 1, total: 20 };
  const own = { connection: "c_1", epoch: "e", offset: 41, recovered: true, oldest: 2 };
  const time = "2026-01-02T03:04:05.678Z";
  expect(printConnected({ ...own, counts, time, expires_in: 3600 })).toBe(
    '{"type":"connected","connection":"c_1","epoch":"e","offset":41,"recovered":true,"oldest":2,"counts":{"unread":3,"unseen":1,"total":20},"time":"2026-01-02T03:04:05.678Z","expires_in":3600,"ping":30,"reconnect_spread":5}',
  );
  expect(printConnected({ ...own, topic: "news", expires_in: null })).toContain(
    '"topic":"news","expires_in":null,',
  );
});

it.each([
  [0, 5],
  [1_000, 5],
  [1_001, 6],
  [2_000, 10],
  [12_000, 60],
  [30_000, 60],
])("[SOC17] with %i sockets each reconnects within %i s", (sockets, seconds) => {
  const own = { connection: "c_1", epoch: "e", offset: 41, recovered: true, oldest: 2 };
  const { reconnect_spread } = JSON.parse(printConnected({ ...own, expires_in: null }, sockets));
  expect(reconnect_spread).toBe(seconds);
});

it("[CUR3] [TOP3] `messages`", () => {
  const draft = { epoch: "e", since: 41, to: 43, messages: ['{"offset":42}', '{"offset":43}'] };
  expect(printMessages(draft)).toEqual([
    '{"type":"messages","epoch":"e","since":41,"to":43,"messages":[{"offset":42},{"offset":43}]}',
  ]);
  const more = { topic: "news", snapshot: true as const, since: null, removed: [17], oldest: 3 };
  expect(printMessages({ ...draft, ...more })).toEqual([
    '{"type":"messages","topic":"news","epoch":"e","since":null,"to":43,"snapshot":true,"messages":[{"offset":42},{"offset":43}],"removed":[17],"oldest":3}',
  ]);
  expect(printMessages({ ...draft, messages: [] })).toHaveLength(1);
});

it("[SOC7] `error` and `reply`", () => {
  expect(printError(5, { code: "other_epoch", fix: "list again", field: "epoch" })).toBe(
    '{"type":"error","id":5,"code":"other_epoch","message":"The log began anew","fix":"list again","field":"epoch","temporary":false}',
  );
  expect(JSON.parse(printError(null, { code: "internal", fix: "x" }))).toMatchObject({
    id: null,
    temporary: true,
  });
  expect(printReply("a", '{"changed":true}')).toBe('{"type":"reply","id":"a","changed":true}');
  expect(printReply(null, "{}")).toBe('{"type":"reply","id":null}');
});

it("[SOC15] `disconnect`", () => {
  expect(printDisconnect(4503)).toBe(
    '{"type":"disconnect","code":4503,"reason":"disconnected by the operator","reconnect":false}',
  );
  expect(JSON.parse(printDisconnect(4001))).toMatchObject({ code: 4001, reconnect: true });
});

it("[CUR9] each part of a long frame fits, and together the parts hold each message once, in order", () => {
  const text = fc.tuple(
    fc.constantFrom("x", "é", "☃", "🔔"),
    fc.integer({ min: 0, max: MESSAGE_BYTES_MAX }),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 24 }), (texts) => {
      const messages = texts.map(([character, size], offset) =>
        JSON.stringify({ offset, data: character.repeat(size / bytes(character)) }),
      );
      const rest = { oldest: 1, counts: { unread: 1, unseen: 1, total: 1 } };
      const parts = printMessages({ epoch: "e", since: 1, to: 99, messages, ...rest });
      const frames = parts.map((part) => JSON.parse(part) as MessagesFrame);
      for (const part of parts) expect(bytes(part)).toBeLessThanOrEqual(FRAME_BYTES_MAX);
      expect(frames.map(({ more }) => more === true)).toEqual(
        frames.map((_, i) => i < frames.length - 1),
      );
      for (const frame of frames) expect(frame).toMatchObject({ epoch: "e", since: 1, to: 99 });
      const told = frames.flatMap((frame) => frame.messages.map((each) => JSON.stringify(each)));
      expect(told).toEqual(messages);
      expect(frames.at(-1)).toMatchObject(rest);
      // There are no more parts than necessary: two neighbours would not fit into one frame.
      for (let i = 1; i < parts.length; i++)
        expect(bytes(parts[i - 1] ?? "") + bytes(parts[i] ?? "")).toBeGreaterThan(FRAME_BYTES_MAX);
    }),
    { numRuns: 40 },
  );
});
