// The round trip of one message: published by the backend, received on the user's stream.

import { setTimeout as wait } from "node:timers/promises";
import { createHub } from "../client/server.ts";
import type { Target } from "./find-hub.ts";
import { streamFrom } from "./stream.ts";

const ARRIVAL_MS_MAX = 10_000;
/** Long enough for the message to arrive, short enough to leave nothing behind. */
const TTL_SECONDS = 60;

export interface RoundTrip {
  tookMs: number;
  /** The lead of this machine's clock over the hub's, accurate to half the publish's duration. */
  skewMs: number;
}

/** Publishes a message to a user and waits for its arrival. Throws when it takes over 10 s. */
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
