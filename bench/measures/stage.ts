// Sets a row's stage: fresh addresses, a crowd that listens, connections to publish over, and a ledger
// of the publishes. All of it is closed afterwards, also after a failure.

import { randomBytes } from "node:crypto";
import { Crowd } from "../generator/crowd.ts";
import { HttpPool } from "../generator/http-pool.ts";
import type { Load } from "../generator/loops.ts";
import { message } from "../generator/payload.ts";
import { Publishes } from "../generator/publishes.ts";
import type { Address, Server } from "../servers/server.ts";

/** Connections of a crowd at a time, where the speed of connecting is not measured. */
export const CONNECTS_AT_ONCE = 64;

export interface Staging {
  /** Addresses that share the load: users, or the one topic. */
  addresses: readonly Address[];
  /** Connections, spread over the addresses in turn. */
  subscribers: number;
  /** Connections to publish over. */
  publishers: number;
}

export type Stage = Load & { crowd: Crowd };

export async function withStage<T>(
  server: Server,
  { addresses, subscribers, publishers }: Staging,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const publishes = new Publishes(subscribers / addresses.length);
  const addressOf = (index: number): Address => addressAt(addresses, index);
  const crowd = new Crowd(server, {
    address: addressOf,
    onSequence: (sequence) => publishes.deliveredOnce(sequence),
  });
  let pool: HttpPool | undefined;
  try {
    await crowd.connect(subscribers, CONNECTS_AT_ONCE);
    pool = await HttpPool.open(server.port, publishers);
    const request = (sequence: number): string =>
      server.publishRequest(addressOf(sequence), message(sequence));
    return await work({ crowd, pool, publishes, request });
  } finally {
    pool?.close();
    crowd.close();
  }
}

export function newTopic(): Address {
  return { kind: "topic", name: `bench-${randomBytes(6).toString("hex")}` };
}

export function newUsers(count: number): Address[] {
  const group = randomBytes(6).toString("hex");
  return Array.from({ length: count }, (_, index) => ({
    kind: "user",
    name: `user-${group}-${index}`,
  }));
}

function addressAt(addresses: readonly Address[], index: number): Address {
  const address = addresses[index % addresses.length];
  if (!address) throw new Error("A stage needs an address.");
  return address;
}
