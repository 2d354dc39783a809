// The deployer's own rate limits, where wrangler.toml binds them: by address before the caller is known,
// and by user afterwards. Each location of the platform counts separately and lets through a little more.

import type { Env } from "../objects/env.ts";
import { RefusalError, refusal } from "../protocol/error.ts";
import { report } from "../protocol/report.ts";
import type { Settings } from "../settings/settings.ts";
import { findKey, looksLikeKey } from "../trust/key.ts";

/** The longest period of a binding, which does not say whether its period is 10 s or 60 s. */
const PERIOD_SECONDS_MAX = 60;

/**
 * Counts a request against the limit of its address, unless it carries one of the hub's API keys. Throws
 * a RefusalError above the limit.
 */
export async function requireAddressLimit(
  limit: RateLimit,
  request: Request,
  { apiKeys }: Settings,
): Promise<void> {
  const address = request.headers.get("cf-connecting-ip");
  // A Worker that calls through a binding has no address.
  if (address === null) return;
  const [, credential = ""] =
    /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (looksLikeKey(credential) && (await findKey(apiKeys, credential)) !== null) return;
  await requireLimit(limit, networkOf(address));
}

/**
 * Counts a request against the limit of its user, once the token is checked. Throws a RefusalError above
 * the limit.
 */
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

/**
 * Whether the request is within the limit; true when the binding itself fails, since the hub can answer
 * correctly without a limit.
 */
async function isWithin(limit: RateLimit, key: string): Promise<boolean> {
  try {
    return (await limit.limit({ key })).success;
  } catch (cause) {
    report("limit_failed", {}, cause);
    return true;
  }
}

/**
 * Returns an IPv4 address unchanged, and the first 64 bits of an IPv6 address, since one host has all
 * addresses that share them.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
