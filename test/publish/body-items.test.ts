// The items of a publish request's body.

import { expect, it } from "vitest";
import { LIST_MESSAGES_MAX } from "../../src/protocol/limits.ts";
import { parseItems } from "../../src/publish/body-items.ts";

it.each([
  { type: "application/json", body: '{"type":"a"}', items: [{ value: { type: "a" } }] },
  { type: "application/json; charset=utf-8", body: "1", items: [{ value: 1 }] },
  ...['{"a":1}', "[see the log]", "{ braces }", "[1]"].map((body) => ({
    type: "text/plain",
    body,
    items: [{ value: { notification: { body } } }],
  })),
  { type: "text/plain", body: "Hello", items: [{ value: { notification: { body: "Hello" } } }] },
  { type: "application/x-www-form-urlencoded", body: ' {"a":1}', items: [{ value: { a: 1 } }] },
  {
    type: "application/x-www-form-urlencoded",
    body: "a=1",
    items: [{ value: { notification: { body: "a=1" } } }],
  },
])("[PUB1] $type: $body is one message", ({ type, body, items }) => {
  expect(parseItems(body, type)).toEqual({ items, isList: false });
});

it("[PUB2] a list of one message is still a list", () => {
  const items = [{ value: { type: "a" } }];
  expect(parseItems('[{"type":"a"}]', "application/json")).toEqual({
    items,
    isList: true,
  });
  for (const type of ["application/x-ndjson", "application/ndjson", "application/jsonl"])
    expect(parseItems('{"type":"a"}\n\n', type)).toEqual({ items, isList: true });
});

it("[PUB2] [LOG13] a line that cannot be read fails alone", () => {
  const { items } = parseItems('{"a":1}\n{"a":\r\n{"a":2}', "application/x-ndjson");
  expect(items).toMatchObject([{ value: { a: 1 } }, { code: "bad_request" }, { value: { a: 2 } }]);
});

it("[PUB2] a list has 1 to 1,000 messages", () => {
  const list = (count: number) =>
    parseItems(JSON.stringify(Array(count).fill({})), "application/json");
  const refused = (code: string) =>
    expect.objectContaining({ refusal: expect.objectContaining({ code }) });
  expect(list(LIST_MESSAGES_MAX).items).toHaveLength(1000);
  expect(() => list(LIST_MESSAGES_MAX + 1)).toThrow(refused("payload_too_large"));
  expect(() => list(0)).toThrow(refused("bad_request"));
});

it.each([
  { type: "application/json", body: "", code: "bad_request" },
  { type: "text/plain", body: " \n", code: "bad_request" },
  { type: "text/plain", body: "\u200b\n", code: "bad_request" },
  { type: "text/plain", body: ' {"notification":{}}', code: "unsupported_media_type" },
  { type: "text/plain", body: '[{"to":"user:a","type":"x"}]', code: "unsupported_media_type" },
  { type: "text/plain;charset=UTF-8", body: '{"data":1}', code: "unsupported_media_type" },
  { type: "application/xml", body: "<a/>", code: "unsupported_media_type" },
  { type: "multipart/form-data", body: "x", code: "unsupported_media_type" },
])("[PUB1] $type with the body $body is refused", ({ type, body, code }) => {
  expect(() => parseItems(body, type)).toThrow(
    expect.objectContaining({ refusal: expect.objectContaining({ code }) }),
  );
});
