// The bodies of requests: their length, encoding and compression.

import { describe, expect, it } from "vitest";
import { readBody } from "../../src/edge/body.ts";
import { BODY_BYTES_MAX } from "../../src/protocol/limits.ts";

/** Node takes a stream for a body only with `duplex`; the runtime does not look at it. */
const post = (body: BodyInit) =>
  new Request("https://hub/v1/publish", { method: "POST", body, duplex: "half" } as RequestInit);

/** Returns a body of these chunks without an announced length. */
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
    // The chunks cut the character in two.
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
