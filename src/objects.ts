// From an address to its object: the one place that makes stubs and names objects.

import type { Address } from "./protocol/address.ts";
import { type Refusal, refusal } from "./protocol/error.ts";
import type { Env } from "./settings.ts";
import { settingsOf } from "./settings.ts";

/**
 * Who is near an object that is not made yet, and that never moves afterwards. The platform makes an
 * object near its first caller, which is right for a `user`; a `backend` may stand anywhere, so that its
 * calls carry LOCATION_HINT.
 */
export type Near = "user" | "backend";

/** The stub of a user's inbox. `near` counts only for the very first call to it. */
export function inboxOf(env: Env, user: string, near: Near = "backend") {
  return stubOf(env, env.INBOX, { kind: "user", name: user }, near);
}

/** The stub of a topic. `near` counts only for the very first call to it. */
export function topicOf(env: Env, topic: string, near: Near = "backend") {
  return stubOf(env, env.TOPIC, { kind: "topic", name: topic }, near);
}

/** The object that keeps the log of an address. */
export function logOf(env: Env, { kind, name }: Address, near: Near = "backend") {
  return kind === "user" ? inboxOf(env, name, near) : topicOf(env, name, near);
}

/**
 * What the failure of a call to an object means to whoever asked: the platform says whether the object
 * has too much to do, or whether the call may have arrived. Null for a fault of our own.
 */
export function failureOf(cause: unknown): Refusal | null {
  const { overloaded, retryable, remote } = cause as {
    overloaded?: boolean;
    retryable?: boolean;
    remote?: boolean;
  };
  if (overloaded) return refusal("overloaded", "wait and send it again, with an `id`");
  return retryable || remote
    ? refusal("temporary", "send it again, with an `id` so that it is stored once")
    : null;
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
  const hint = near === "user" ? null : locationHint;
  // A scheme, a jurisdiction and a kind, so that each of them can change without a clash.
  const objectName = `v1/${jurisdiction ?? "-"}/${kind}/${name}`;
  const placed = jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction);
  return hint === null
    ? placed.getByName(objectName)
    : placed.getByName(objectName, { locationHint: hint });
}
