// Reading out a body that the answer does not need. The runtime closes a connection whose request has
// not been read, and the client sees a broken pipe in place of the answer.

import type { Context, Next } from "hono";
import { DRAIN_BYTES_MAX, DRAIN_MS } from "../protocol/limits.ts";
import type { Hub } from "./request.ts";

/** Answers after the client has sent its body, also where no route has read it. */
export async function answerAfterBody(c: Context<Hub>, next: Next): Promise<void> {
  await next();
  const { raw } = c.req;
  // In this order: the runtime makes a stream for whoever looks at a body.
  if (!raw.bodyUsed && raw.body !== null) await drain(raw.body.getReader());
}

/** Reads on and keeps nothing, up to DRAIN_BYTES_MAX and for DRAIN_MS at most. */
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
    // The client has left in the middle of its body.
  }
}
