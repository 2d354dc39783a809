// The deployer's own rate limits, where wrangler.toml binds them: by address before a caller is known, and
// by user after that. The platform counts in each of its places apart, and lets through a little more.

import type { Env } from "../objects/env.ts";
import { RefusalError, refusal } from "../protocol/error.ts";
import type { Settings } from "../settings/settings.ts";
import { findKey, looksLikeKey } from "../trust/key.ts";

/** A binding does not say whether its period is 10 s or 60 s: after this long either is over. */
const PERIOD_SECONDS_MAX = 60;

/** Counts a request for the address that it comes from. The hub's own API keys are not counted. */
export async function requireAddressLimit(
  limit: RateLimit,
  request: Request,
  { apiKeys }: Settings,
): Promise<void> {
  const address = request.headers.get("cf-connecting-ip");
  // Another Worker that calls by a binding has none.
  if (address === null) return;
  const [, credential = ""] =
    /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (looksLikeKey(credential) && (await findKey(apiKeys, credential)) !== null) return;
  await requireLimit(limit, networkOf(address));
}

/** Counts a request of a user, once the token is checked. */
export async function requireUserLimit({ LIMIT_BY_USER }: Env, user: string): Promise<void> {
  if (LIMIT_BY_USER !== undefined) await requireLimit(LIMIT_BY_USER, user);
}

async function requireLimit(limit: RateLimit, key: string): Promise<void> {
  if (!(await isWithin(limit, key)))
    throw new RefusalError(
      refusal("too_many_requests", "send fewer requests, and this one again after `Retry-After`"),
      PERIOD_SECONDS_MAX,
    );
}

/** Where the binding itself fails, the hub goes on without it: it is no part of what makes a request right. */
async function isWithin(limit: RateLimit, key: string): Promise<boolean> {
  try {
    return (await limit.limit({ key })).success;
  } catch (cause) {
    console.error(JSON.stringify({ event: "limit_failed", cause: String(cause) }));
    return true;
  }
}

/** An IPv4 address as it is; of IPv6 the first 64 bits, since one host has all the rest. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
