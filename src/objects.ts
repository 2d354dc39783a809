// From an address to its object: the one place that makes stubs and names objects.

import type { Address } from "./protocol/address.ts";
import type { Env } from "./settings.ts";
import { settingsOf } from "./settings.ts";

/** Where an object that is not made yet should be; it never moves afterwards. */
export type Near = DurableObjectLocationHint | null;

/** The stub of a user's inbox. `near` counts only for the very first call to it. */
export function inboxOf(env: Env, user: string, near: Near = null) {
  return stubOf(env, env.INBOX, { kind: "user", name: user }, near);
}

/** The stub of a topic. `near` counts only for the very first call to it. */
export function topicOf(env: Env, topic: string, near: Near = null) {
  return stubOf(env, env.TOPIC, { kind: "topic", name: topic }, near);
}

/** The object that keeps the log of an address. */
export function logOf(env: Env, { kind, name }: Address, near: Near = null) {
  return kind === "user" ? inboxOf(env, name, near) : topicOf(env, name, near);
}

/** The continent a request came from (`request.cf.continent`), as a hint. */
export function nearContinent(continent: string | undefined): Near {
  const hints: Record<string, DurableObjectLocationHint> = {
    AF: "afr",
    AS: "apac",
    EU: "weur",
    NA: "enam",
    OC: "oc",
    SA: "sam",
  };
  return (continent !== undefined && hints[continent]) || null;
}

/** The user or the topic that an object is, out of the name that `stubOf` gave it. */
export function nameOf(id: DurableObjectId): string {
  return (id.name ?? "").split("/").slice(3).join("/");
}

function stubOf<T extends Rpc.DurableObjectBranded>(
  env: Env,
  namespace: DurableObjectNamespace<T>,
  { kind, name }: Address,
  near: Near,
): DurableObjectStub<T> {
  const settings = settingsOf(env);
  const { jurisdiction, locationHint } =
    "fix" in settings ? { jurisdiction: null, locationHint: null } : settings;
  const hint = near ?? locationHint;
  // A scheme, a jurisdiction and a kind, so that each of them can change without a clash.
  const objectName = `v1/${jurisdiction ?? "-"}/${kind}/${name}`;
  const placed = jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction);
  return hint === null
    ? placed.getByName(objectName)
    : placed.getByName(objectName, { locationHint: hint });
}
