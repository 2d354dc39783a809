// The caps of a token: its rights beyond the user's own inbox, such as `{ "topic:orders.*": ["subscribe"] }`.

import { topicFault } from "./address.ts";
import { exceedsBytes } from "./bytes.ts";
import { type Refusal, refusal } from "./error.ts";
import { CAPS_BYTES_MAX } from "./limits.ts";

export const ACTIONS = ["subscribe", "follow", "publish", "presence"] as const;
export type Action = (typeof ACTIONS)[number];

/** The allowed actions by topic, or by a prefix of topics that ends in `*`. */
export type Caps = Record<string, Action[]>;

/** Takes the claim `caps` as parsed JSON; returns it typed, or a refusal. */
export function parseCaps(value: unknown): Caps | Refusal {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refused("caps is an object from topics to lists of actions");
  if (exceedsBytes(JSON.stringify(value), CAPS_BYTES_MAX))
    return refused(`caps has at most ${CAPS_BYTES_MAX} bytes`);
  const caps: Caps = {};
  for (const [pattern, actions] of Object.entries(value)) {
    const fault = patternFault(pattern) ?? actionsFault(actions);
    if (fault !== null) return refused(fault);
    caps[pattern] = actions as Action[];
  }
  return caps;
}

const refused = (fix: string) => refusal("invalid_params", fix, "caps");

/** Whether the caps allow the action on the topic. */
export function allows(caps: Caps, action: Action, topic: string): boolean {
  const address = `topic:${topic}`;
  return Object.entries(caps).some(
    ([pattern, actions]) =>
      actions.includes(action) &&
      (pattern.endsWith("*") ? address.startsWith(pattern.slice(0, -1)) : pattern === address),
  );
}

function patternFault(pattern: string): string | null {
  if (!pattern.startsWith("topic:")) return "each key of caps begins with `topic:`";
  const name = pattern.slice("topic:".length).replace(/\*$/, "");
  // `topic:*` stands for all topics. Only in this pattern may the name before the star be empty.
  if (name === "" && pattern.endsWith("*")) return null;
  return topicFault(name);
}

function actionsFault(actions: unknown): string | null {
  const known = (value: unknown) => ACTIONS.includes(value as Action);
  return Array.isArray(actions) && actions.every(known)
    ? null
    : `each value of caps is a list of ${ACTIONS.join(", ")}`;
}
