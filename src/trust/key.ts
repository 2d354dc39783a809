// API keys `bk_<name>_<random>`: known here by their SHA-256 only.

import type { ApiKey } from "../protocol/api-key.ts";

const KEY = /^bk_([a-z0-9-]{1,32})_[A-Za-z0-9_-]{20,128}$/;

export function looksLikeKey(credential: string): boolean {
  return credential.startsWith("bk_");
}

// Keys that were found before, by what was presented: a digest costs a tenth of a publish. They are
// kept by the list they were found in, so that a changed secret forgets them.
const found = new WeakMap<readonly ApiKey[], Map<string, ApiKey>>();

/** Takes what was presented; gives the key it is, or null. */
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
    // Both sides are digests of one length, so that the comparison takes the same time for all.
    if (crypto.subtle.timingSafeEqual(digest, bytesOf(key.sha256))) return key;
  }
  return null;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
