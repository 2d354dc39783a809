// A body that the answer does not need is read to its end before the answer, within limits.

import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { drain } from "../../src/edge/drain.ts";
import type { Env } from "../../src/objects/env.ts";
import { DRAIN_BYTES_MAX, DRAIN_MS } from "../../src/protocol/limits.ts";
import hub from "../../src/worker.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Returns a stream of that many chunks of 64 KiB, and how many were read. */
function body(chunks: number) {
  const read = { chunks: 0, isDone: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (read.chunks === chunks) {
          read.isDone = true;
          controller.close();
        } else {
          read.chunks += 1;
          controller.enqueue(new Uint8Array(65_536));
        }
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, read };
}

it.each([
  { what: "a refusal that looks at no body", chunks: 3 },
  { what: "a body that is too long", chunks: 20 },
])("[PUB1] with $what the answer comes after the body was sent", async ({ chunks }) => {
  vi.spyOn(console, "log").mockReturnValue();
  const { stream, read } = body(chunks);
  const request = new Request("https://hub.example/v1/publish", { method: "POST", body: stream });
  expect((await hub.fetch(request, env as unknown as Env)).status).toBe(401);
  expect(read).toEqual({ chunks, isDone: true });
});

it("[PUB1] a body without an end is read up to a limit", async () => {
  const { stream, read } = body(1_000);
  await drain(stream.getReader());
  expect(read.chunks * 65_536).toBeGreaterThan(DRAIN_BYTES_MAX);
  expect((read.chunks - 1) * 65_536).toBeLessThanOrEqual(DRAIN_BYTES_MAX);
});

it("[PUB1] the hub waits for a body that does not come, up to a limit", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let isOver = false;
  const stream = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
  const draining = drain(stream.getReader()).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(DRAIN_MS - 1);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await draining;
});
