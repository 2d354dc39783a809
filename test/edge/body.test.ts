// Bodies of requests, and the items in them.

import { describe, expect, it } from "vitest";
import { readBody } from "../../src/edge/body.ts";
import { BODY_BYTES_MAX, LIST_MESSAGES_MAX } from "../../src/protocol/limits.ts";
import { readItems } from "../../src/publish/items.ts";

const post = (body: BodyInit, type?: string) =>
  new Request("https://hub/v1/publish", {
    method: "POST",
    body,
    headers: type === undefined ? {} : { "content-type": type },
  });

/** A body whose length is not announced. */
function unannounced(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(stream) {
      const chunk = chunks.shift();
      if (chunk === undefined) stream.close();
      else stream.enqueue(chunk);
    },
  });
}

describe("a body", () => {
  it("[PUB1] is read whole, its length announced or not", async () => {
    expect(await readBody(post("é"))).toBe("é");
    // The character is cut in two between the chunks.
    const halves = unannounced(new Uint8Array([0xc3]), new Uint8Array([0xa9]));
    expect(await readBody(post(halves))).toBe("é");
    expect(await readBody(post("x".repeat(BODY_BYTES_MAX)))).toHaveLength(BODY_BYTES_MAX);
  });

  it("[PUB1] of more than 1 MiB is refused, its length announced or not", async () => {
    const refused = { refusal: { code: "payload_too_large" } };
    await expect(readBody(post("x".repeat(BODY_BYTES_MAX + 1)))).rejects.toMatchObject(refused);
    const half = () => new Uint8Array(BODY_BYTES_MAX / 2 + 1);
    await expect(readBody(post(unannounced(half(), half())))).rejects.toMatchObject(refused);
  });

  it("[PUB1] that is not UTF-8 is refused", async () => {
    const refused = { refusal: { code: "bad_request" } };
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80]])
      await expect(readBody(post(new Uint8Array(bytes)))).rejects.toMatchObject(refused);
  });
});

it("[PUB7] a compressed body is refused", async () => {
  for (const coding of ["gzip", "br", "deflate", "gzip, br"]) {
    const request = post("x");
    request.headers.set("content-encoding", coding);
    await expect(readBody(request)).rejects.toMatchObject({
      refusal: { code: "unsupported_media_type", field: "content-encoding" },
    });
  }
  const plain = post("x");
  plain.headers.set("content-encoding", "identity");
  expect(await readBody(plain)).toBe("x");
});

describe("the items of a body", () => {
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
  ])("[PUB1] $type: $body is one message", async ({ type, body, items }) => {
    expect(await readItems(post(body, type))).toEqual({ items, isList: false });
  });

  it("[PUB2] a list is a list, be it of one", async () => {
    const items = [{ value: { type: "a" } }];
    expect(await readItems(post('[{"type":"a"}]', "application/json"))).toEqual({
      items,
      isList: true,
    });
    for (const type of ["application/x-ndjson", "application/ndjson", "application/jsonl"])
      expect(await readItems(post('{"type":"a"}\n\n', type))).toEqual({ items, isList: true });
  });

  it("[PUB2] [LOG13] a line that cannot be read fails alone", async () => {
    const { items } = await readItems(post('{"a":1}\n{"a":\r\n{"a":2}', "application/x-ndjson"));
    expect(items).toMatchObject([
      { value: { a: 1 } },
      { code: "bad_request" },
      { value: { a: 2 } },
    ]);
  });

  it("[PUB2] a list has 1 to 1,000 messages", async () => {
    const list = (count: number) => post(JSON.stringify(Array(count).fill({})), "application/json");
    expect((await readItems(list(LIST_MESSAGES_MAX))).items).toHaveLength(1000);
    await expect(readItems(list(LIST_MESSAGES_MAX + 1))).rejects.toMatchObject({
      refusal: { code: "payload_too_large" },
    });
    await expect(readItems(list(0))).rejects.toMatchObject({ refusal: { code: "bad_request" } });
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
  ])("[PUB1] $type with the body $body is refused", async ({ type, body, code }) => {
    await expect(readItems(post(body, type))).rejects.toMatchObject({ refusal: { code } });
  });
});
