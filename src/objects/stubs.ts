// From an address to its object: the one place that makes stubs and names objects.

import type { Address } from "../protocol/address.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { settingsOf } from "../settings/settings.ts";
import type { Env } from "./env.ts";

/**
 * Who is near an object that is not made yet, and that never moves afterwards. The platform makes an
 * object near its first caller, which is right for a `user`; a `backend` may stand anywhere, so that its
 * calls carry LOCATION_HINT.
 */
export type Near = "user" | "backend";

/** A call of one object to another that is not answered by then has failed; it may be repeated. */
export const CALL_MS_MAX = 3_000;

/**
 * The stub of a user's inbox. `near` counts only for the very first call to it. The runtime repeats a call
 * that did not arrive; `repeatMs` is for how long, where its caller does not wait as long as the runtime.
 */
export function inboxOf(env: Env, user: string, near: Near = "backend", repeatMs?: number) {
  return stubOf(env, env.INBOX, { kind: "user", name: user }, near, repeatMs);
}

/** The stub of a topic, in the same way. */
export function topicOf(env: Env, topic: string, near: Near = "backend", repeatMs?: number) {
  return stubOf(env, env.TOPIC, { kind: "topic", name: topic }, near, repeatMs);
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

/** Rejects when a call is not answered in time: what was asked may still be done. */
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

/** The user or the topic that an object is, out of the name that `stubOf` gave it. */
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
  const { jurisdiction, locationHint } =
    "fix" in settings ? { jurisdiction: null, locationHint: null } : settings;
  const hint = near === "user" ? null : locationHint;
  // A scheme, a jurisdiction and a kind, so that each of them can change without a clash.
  const objectName = `v1/${jurisdiction ?? "-"}/${kind}/${name}`;
  const placed = jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction);
  if (hint === null && repeatMs === undefined) return placed.getByName(objectName);
  return placed.getByName(objectName, {
    ...(hint === null ? {} : { locationHint: hint }),
    ...(repeatMs === undefined ? {} : { retry: { timeoutMs: repeatMs } }),
  });
}
