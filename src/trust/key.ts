// API keys `bk_<name>_<random>`, of which the hub knows only the SHA-256.

import type { ApiKey } from "../protocol/api-key.ts";

const KEY = /^bk_([a-z0-9-]{1,32})_[A-Za-z0-9_-]{20,128}$/;

export function looksLikeKey(credential: string): boolean {
  return credential.startsWith("bk_");
}

// Keys by the credential that they were found for: a digest costs a tenth of a publish. The map belongs to a
// list of keys, so that a changed secret empties it.
const found = new WeakMap<readonly ApiKey[], Map<string, ApiKey>>();

/** Takes a credential; returns the API key that it is, or null. */
export async function findKey(keys: readonly ApiKey[], presented: string): Promise<ApiKey | null> {
  const before = found.get(keys) ?? new Map<string, ApiKey>();
  const key = before.get(presented) ?? (await compareKeys(keys, presented));
  if (key !== null) found.set(keys, before.set(presented, key));
  return key;
}

async function compareKeys(keys: readonly ApiKey[], presented: string): Promise<ApiKey | null> {
  if (!KEY.test(presented)) return null;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(presented));
  for (const key of keys) {
    // Both sides are digests of the same length, so the comparison takes the same time for all.
    if (crypto.subtle.timingSafeEqual(digest, bytesOf(key.sha256))) return key;
  }
  return null;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
