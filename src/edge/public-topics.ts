// The topics that a caller without a credential may ask for: a request for any other is refused at the
// edge, and wakes no object. Decision 0010.

import type { Env } from "../objects/env.ts";
import { topicDefaultsOf } from "../settings/settings.ts";

/** How long an isolate remembers that a topic was public, and the most topics it remembers. */
const LEARNED_MS = 60_000;
const LEARNED_MAX = 1_000;

/** The names of topics that were public a moment ago; the oldest are dropped first. */
export class PublicTopics {
  readonly #seenAt = new Map<string, number>();

  learn(topic: string, isPublic: boolean, now: number): void {
    // Deleted first, since a known name would otherwise keep its old place in the order.
    this.#seenAt.delete(topic);
    if (!isPublic) return;
    this.#seenAt.set(topic, now);
    const [oldest] = this.#seenAt.keys();
    if (this.#seenAt.size > LEARNED_MAX && oldest !== undefined) this.#seenAt.delete(oldest);
  }

  has(topic: string, now: number): boolean {
    const seenAt = this.#seenAt.get(topic);
    return seenAt !== undefined && now - seenAt < LEARNED_MS;
  }
}

const learned = new PublicTopics();

/** Whether a topic may be public: a pattern declares it public, or it was public a moment ago. */
export function mayBePublic(env: Env, topic: string, now: number): boolean {
  return isDeclared(env, topic) || learned.has(topic, now);
}

/** Records the access that a topic has just reported. */
export function learnAccess(env: Env, topic: string, isPublic: boolean, now: number): void {
  // Names that fit a pattern need no memory, and their number is unlimited.
  if (!isDeclared(env, topic)) learned.learn(topic, isPublic, now);
}

function isDeclared(env: Env, topic: string): boolean {
  return topicDefaultsOf(env, topic).access === "public";
}
