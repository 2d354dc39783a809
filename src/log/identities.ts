// The identities of publishes: an id is remembered for a day, with a digest of its message.

import { IDENTITIES_MAX, IDENTITY_MS } from "../protocol/limits.ts";
import type { Checkpoint, Identities } from "./checkpoint.ts";
import type { Identity } from "./row.ts";
import type { LogStore } from "./store.ts";

/** Renewing a table with fewer ids than this is not worth the rows that it writes. */
const RENEW_COUNT_MIN = 500;

/** Returns the record of an identity; null when it is new, or was published more than a day ago. */
export function knownIdentity(
  store: LogStore,
  identities: Identities | null,
  key: string,
  now: number,
): Identity | null {
  const known = identities === null ? undefined : store.identity(key);
  return known !== undefined && now - known.at < IDENTITY_MS ? known : null;
}

/** Records that the identity stands for the message at the head. */
export function remember(
  store: LogStore,
  next: Checkpoint<unknown>,
  { key, digest }: { key: string; digest: string },
  now: number,
): void {
  const identities = roomFor(store, next.identities, now);
  next.identities = { ...identities, count: identities.count + 1 };
  store.remember(key, { offset: next.head, digest, at: now }, identities);
}

/**
 * Returns the table to write. When the current table is full, or is a day old and large enough, the older
 * one is dropped and made again in its place.
 */
function roomFor(store: LogStore, old: Identities | null, now: number): Identities {
  if (old === null) {
    store.renewIdentities(0);
    store.renewIdentities(1);
    return { table: 0, since: now, count: 0 };
  }
  const isStale = now - old.since >= IDENTITY_MS && old.count >= RENEW_COUNT_MIN;
  if (old.count < IDENTITIES_MAX / 2 && !isStale) return old;
  const table = old.table === 0 ? 1 : 0;
  store.renewIdentities(table);
  return { table, since: now, count: 0 };
}
