// May they? One answer for API keys and for users' tokens, the same at every door.

import type { ApiKey, Scope } from "../protocol/api-key.ts";
import { type Action, allows, type Caps } from "../protocol/caps.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";

/** Returns why the caps of a token do not allow an action on a topic; null where they do. */
export function capRefusal(caps: Caps, action: Action, topic: string): Refusal | null {
  if (allows(caps, action, topic)) return null;
  const fix = `the token needs the cap ${action} on topic:${topic}`;
  return refusal("insufficient_scope", fix, "topic");
}

/** Throws a RefusalError where the caps of a token do not allow an action on a topic. */
export function requireCap(caps: Caps, action: Action, topic: string): void {
  const refused = capRefusal(caps, action, topic);
  if (refused !== null) throw new RefusalError(refused);
}

/** Throws a RefusalError where an API key does not have a scope. */
export function requireScope({ scopes }: ApiKey, scope: Scope): void {
  if (!scopes.includes(scope))
    throw new RefusalError(refusal("insufficient_scope", `the API key needs the scope ${scope}`));
}
