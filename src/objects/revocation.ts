// Whether a token was revoked: the one question about it that only an object can answer.

import { REVOKED, RefusalError } from "../protocol/error.ts";
import type { Env } from "./env.ts";
import { inboxOf, type Near } from "./stubs.ts";

/** Whether the user's tokens of this issue were revoked is known to the user's inbox. */
export async function requireUnrevoked(
  env: Env,
  { user, iat }: { user: string; iat: number | null },
  near: Near = "backend",
): Promise<void> {
  if (await inboxOf(env, user, near).revokes(iat)) throw new RefusalError(REVOKED);
}
