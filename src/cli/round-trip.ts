// One message on its whole way: published by the backend, received on the user's stream.

import { setTimeout as wait } from "node:timers/promises";
import { createHub } from "../client/server.ts";
import type { Target } from "./find-hub.ts";
import { streamFrom } from "./stream.ts";

const ARRIVAL_MS_MAX = 10_000;
/** Long enough to arrive, short enough to leave nothing behind. */
const TTL_SECONDS = 60;

export interface RoundTrip {
  tookMs: number;
  /** How far this machine's clock is ahead of the hub's; to half the time the publish took. */
  skewMs: number;
}

export async function roundTrip(target: Target, user: string): Promise<RoundTrip> {
  const hub = createHub({ url: target.url, key: target.key });
  const { token } = await hub.mintToken({ user, ttl: TTL_SECONDS });
  const began = Date.now();
  await hub.publish(`user:${user}`, { type: "belfry.doctor", ttl: TTL_SECONDS });
  const published = Date.now();
  let arrived: string | undefined;
  const received = new AbortController();
  await streamFrom(
    { path: "connect", credential: async () => token, begin: "", hasAnswered: true },
    {
      url: target.url,
      show: async ({ time }) => {
        arrived = time;
        received.abort();
      },
      remark: () => undefined,
      signal: AbortSignal.any([received.signal, AbortSignal.timeout(ARRIVAL_MS_MAX)]),
      random: Math.random,
      wait,
    },
  );
  if (arrived === undefined)
    throw new Error(`the message did not arrive within ${ARRIVAL_MS_MAX / 1000} s`);
  return {
    tookMs: Date.now() - began,
    skewMs: Math.round((began + published) / 2 - Date.parse(arrived)),
  };
}
