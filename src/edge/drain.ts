// Reads and discards a body that the answer does not need. The runtime closes a connection with an unread
// request, and the client sees a broken pipe in place of the answer.

import type { Context, Next } from "hono";
import { DRAIN_BYTES_MAX, DRAIN_MS } from "../protocol/limits.ts";
import type { Hub } from "./request.ts";

/** Answers after the client has sent its body, even if no route has read it. */
export async function answerAfterBody(c: Context<Hub>, next: Next): Promise<void> {
  await next();
  const { raw } = c.req;
  // `bodyUsed` comes first: the runtime makes a stream as soon as `body` is read.
  if (!raw.bodyUsed && raw.body !== null) await drain(raw.body.getReader());
}

/** Reads and discards the rest of a body, up to DRAIN_BYTES_MAX and for at most DRAIN_MS. */
export async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  let isLate = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve();
    }, DRAIN_MS);
  });
  await Promise.race([readOut(reader, () => isLate), late]);
  clearTimeout(timer);
}

async function readOut(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  isLate: () => boolean,
): Promise<void> {
  try {
    for (let length = 0; length <= DRAIN_BYTES_MAX && !isLate(); ) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.length;
    }
  } catch {
    // The client closed the connection before the end of its body.
  }
}
