// The decoder of frames from clients: the wire form of each frame beside its decoded form.

import { expect, it } from "vitest";
import { decodeUp } from "../../src/protocol/up.ts";

const FRAMES: [text: string, frame: object][] = [
  [
    '{"type":"read","id":5,"epoch":"e","offsets":[1,2]}',
    { type: "read", id: 5, epoch: "e", target: { offsets: [1, 2] } },
  ],
  [
    '{"type":"read","epoch":"e","up_to":0}',
    { type: "read", id: null, epoch: "e", target: { upTo: 0 } },
  ],
  [
    '{"type":"seen","id":"s","epoch":"e","up_to":41}',
    { type: "seen", id: "s", epoch: "e", target: { upTo: 41 } },
  ],
  ...["unread", "archive", "unarchive", "delete"].map((type): [string, object] => [
    `{"type":"${type}","epoch":"e","offsets":[7]}`,
    { type, id: null, epoch: "e", target: { offsets: [7] } },
  ]),
  [
    '{"type":"publish","id":6,"topic":"news","message":{"data":1}}',
    { type: "publish", id: 6, topic: "news", message: { data: 1 } },
  ],
  ['{"type":"publish","message":null}', { type: "publish", id: null, topic: null, message: null }],
  [
    '{"type":"subscribe","id":1,"topic":"news","since":"1h"}',
    { type: "subscribe", id: 1, topic: "news", since: "1h" },
  ],
  [
    '{"type":"subscribe","topic":"news"}',
    { type: "subscribe", id: null, topic: "news", since: null },
  ],
  ...["unsubscribe", "follow", "unfollow"].map((type): [string, object] => [
    `{"type":"${type}","id":1,"topic":"news"}`,
    { type, id: 1, topic: "news" },
  ]),
  ['{"type":"history"}', { type: "history", id: null, before: null, since: null, limit: 100 }],
  [
    '{"type":"history","id":7,"before":120,"since":"1h","limit":50}',
    { type: "history", id: 7, before: 120, since: "1h", limit: 50 },
  ],
  ['{"type":"refresh","id":8,"token":"t"}', { type: "refresh", id: 8, token: "t" }],
  ['{"type":"refresh","token":"t","extra":[1]}', { type: "refresh", id: null, token: "t" }],
];

it.each(FRAMES)("[SOC7] %s is a frame", (text, frame) => {
  expect(decodeUp(text)).toEqual(frame);
});

it.each([
  ["", null, undefined],
  ["null", null, undefined],
  ['"ping"', null, undefined],
  ['{"type":"read","type":"seen"}', null, undefined],
  [`{"type":"publish","id":7,"message":{"data":${"[".repeat(40)}`, 7, undefined],
  ['{"id":"t1/7","type":"read",', "t1/7", undefined],
  ['{"type":"publish","message":{"id":7},', null, undefined],
  [`{"type":"publish","id":"${"x".repeat(65)}",`, null, undefined],
  ['{"type":"toString","id":1}', 1, "type"],
  ['{"type":"__proto__","id":1}', 1, "type"],
  ['{"type":"read","id":1,"offsets":[1]}', 1, "epoch"],
  ['{"type":"read","id":1,"epoch":"e"}', 1, "offsets"],
  ['{"type":"read","id":1,"epoch":"e","offsets":[]}', 1, "offsets"],
  ['{"type":"read","id":1,"epoch":"e","offsets":[1.5]}', 1, "offsets"],
  [`{"type":"read","id":1,"epoch":"e","offsets":[${"1,".repeat(1000)}1]}`, 1, "offsets"],
  ['{"type":"read","id":1,"epoch":"e","up_to":"7"}', 1, "up_to"],
  ['{"type":"archive","id":1,"epoch":"e","up_to":7}', 1, "up_to"],
  ['{"type":"publish","id":1}', 1, "message"],
  ['{"type":"publish","id":1,"topic":"a b","message":{}}', 1, "topic"],
  ['{"type":"history","id":1,"limit":101}', 1, "limit"],
  ['{"type":"history","id":1,"limit":0}', 1, "limit"],
  ['{"type":"history","id":1,"before":"x"}', 1, "before"],
  ['{"type":"history","id":1,"since":5}', 1, "since"],
  ['{"type":"refresh","id":1}', 1, "token"],
  ['{"type":"subscribe","id":1}', 1, "topic"],
  ['{"type":"subscribe","id":1,"topic":"a b"}', 1, "topic"],
  ['{"type":"subscribe","id":1,"topic":"news","since":41}', 1, "since"],
  ['{"type":"follow","id":1,"topic":["news"]}', 1, "topic"],
  ['{"type":"unfollow","id":1,"topic":""}', 1, "topic"],
  ['{"type":"unsubscribe","id":1,"topic":null}', 1, "topic"],
  ['{"id":1}', 1, "type"],
  [`{"id":"${"x".repeat(65)}"}`, null, "type"],
  ['{"id":[1]}', null, "type"],
])("[SOC7] %s is no frame, and its id is kept where it can be read", (text, id, field) => {
  const frame = decodeUp(text);
  if (!("refusal" in frame)) throw new Error("taken");
  expect(frame.id).toBe(id);
  expect(frame.refusal.code).toBe("bad_request");
  expect(frame.refusal.field).toBe(field);
  expect(frame.refusal.fix).toMatch(/\w/);
});
