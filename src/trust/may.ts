// The permissions of API keys and of users' tokens: one answer for all routes and frames.

import type { ApiKey, Scope } from "../protocol/api-key.ts";
import { type Action, allows, type Caps } from "../protocol/caps.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";

/** Returns the refusal when the caps of a token do not allow an action on a topic, else null. */
export function capRefusal(caps: Caps, action: Action, topic: string): Refusal | null {
  if (allows(caps, action, topic)) return null;
  const fix = `the token needs the cap ${action} on topic:${topic}`;
  return refusal("insufficient_scope", fix, "topic");
}

/** Throws a RefusalError when the caps of a token do not allow an action on a topic. */
export function requireCap(caps: Caps, action: Action, topic: string): void {
  const refused = capRefusal(caps, action, topic);
  if (refused !== null) throw new RefusalError(refused);
}

/** Throws a RefusalError when an API key does not have a scope. */
export function requireScope({ scopes }: ApiKey, scope: Scope): void {
  if (!scopes.includes(scope))
    throw new RefusalError(refusal("insufficient_scope", `the API key needs the scope ${scope}`));
}
