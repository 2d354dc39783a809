// Requests that are awaited one by one: they set a stage, ask for progress, or check a result.

import { within } from "./deadline.ts";
import type { HttpPool } from "./http-pool.ts";

const REPLY_MS_MAX = 30_000;

/** Sends one request and returns the text of its reply, which must be a 2xx. */
export async function ask(pool: HttpPool, request: string): Promise<string> {
  const replied = new Promise<string>((resolve) => pool.send(request, resolve));
  const text = await within(REPLY_MS_MAX, "a reply", replied);
  if (pool.failure) throw pool.failure;
  return text;
}

/** Sends all, as many at once as the pool has connections; the replies are in order. */
export async function askAll(pool: HttpPool, requests: readonly string[]): Promise<string[]> {
  const replies: string[] = [];
  const next = requests.entries();
  const work = async (): Promise<void> => {
    for (const [index, request] of next) replies[index] = await ask(pool, request);
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  return replies;
}
