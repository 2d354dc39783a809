// From an address to its object: the only place that makes stubs and names objects.

import type { Address } from "../protocol/address.ts";
import { isRefusal, type Refusal, refusal } from "../protocol/error.ts";
import { settingsOf } from "../settings/settings.ts";
import type { Env } from "./env.ts";

/**
 * The kind of caller that an object is created for. The platform creates an object near its first caller
 * and never moves it. That is right for a `user`; a `backend` may run anywhere, so its calls carry
 * LOCATION_HINT.
 */
export type Near = "user" | "backend";

/** A call between objects that has no answer after this time has failed; it may be repeated. */
export const CALL_MS_MAX = 3_000;

/**
 * Returns the stub of a user's inbox. `near` counts only for the very first call to it. The runtime
 * repeats a call that did not arrive. `repeatMs` limits how long, for a caller that waits less than the
 * runtime does.
 */
export function inboxOf(env: Env, user: string, near: Near = "backend", repeatMs?: number) {
  return stubOf(env, env.INBOX, { kind: "user", name: user }, near, repeatMs);
}

/** Returns the stub of a topic, in the same way. */
export function topicOf(env: Env, topic: string, near: Near = "backend", repeatMs?: number) {
  return stubOf(env, env.TOPIC, { kind: "topic", name: topic }, near, repeatMs);
}

/** Returns the stub of the object that keeps the log of an address. */
export function logOf(env: Env, { kind, name }: Address, near: Near = "backend") {
  return kind === "user" ? inboxOf(env, name, near) : topicOf(env, name, near);
}

/**
 * Returns the refusal that a caller gets for a failed call to an object: the platform says whether the
 * object is overloaded, or whether the call may have arrived. Null for a fault of our own.
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

/**
 * Rejects when a call has no answer within CALL_MS_MAX. The called object may still do the work.
 */
export async function inTime<T>(call: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(NO_ANSWER)), CALL_MS_MAX);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const NO_ANSWER = `no answer within ${CALL_MS_MAX} ms`;

/** Returns the name of an object's user or topic, out of the object name that `stubOf` made. */
export function nameOf(id: DurableObjectId): string {
  return (id.name ?? "").split("/").slice(3).join("/");
}

function stubOf<T extends Rpc.DurableObjectBranded>(
  env: Env,
  namespace: DurableObjectNamespace<T>,
  { kind, name }: Address,
  near: Near,
  repeatMs?: number,
): DurableObjectStub<T> {
  const settings = settingsOf(env);
  const { jurisdiction, locationHint } = isRefusal(settings)
    ? { jurisdiction: null, locationHint: null }
    : settings;
  const hint = near === "user" ? null : locationHint;
  // A version, a jurisdiction and a kind begin the name, so that each of them can change without a clash.
  const objectName = `v1/${jurisdiction ?? "-"}/${kind}/${name}`;
  const placed = jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction);
  if (hint === null && repeatMs === undefined) return placed.getByName(objectName);
  return placed.getByName(objectName, {
    ...(hint === null ? {} : { locationHint: hint }),
    ...(repeatMs === undefined ? {} : { retry: { timeoutMs: repeatMs } }),
  });
}
