// The check for a revoked token, which is the only check of a token that needs an object.

import { REVOKED, RefusalError } from "../protocol/error.ts";
import type { Env } from "./env.ts";
import { inboxOf, type Near } from "./stubs.ts";

/**
 * Asks the user's inbox whether tokens issued at `iat` (seconds) were revoked. Throws a RefusalError if
 * they were.
 */
export async function requireUnrevoked(
  env: Env,
  { user, iat }: { user: string; iat: number | null },
  near: Near = "backend",
): Promise<void> {
  if (await inboxOf(env, user, near).revokes(iat)) throw new RefusalError(REVOKED);
}
