// Topics about which a stranger may ask: a request without a credential for any other is refused at the
// edge, and wakes no object. Decision 0010.

import type { Env } from "../objects/env.ts";
import { topicDefaultsOf } from "../settings/settings.ts";

/** How long an isolate remembers that a topic was public, and how many such topics at most. */
const LEARNED_MS = 60_000;
const LEARNED_MAX = 1_000;

/** Names of topics that were public a moment ago; the oldest are dropped first. */
export class PublicTopics {
  readonly #seenAt = new Map<string, number>();

  learn(topic: string, isPublic: boolean, now: number): void {
    // A name that is there already would keep its place in the order.
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

/** Whether it is worth asking the topic: a pattern makes it public, or it was public a moment ago. */
export function mayBePublic(env: Env, topic: string, now: number): boolean {
  return isDeclared(env, topic) || learned.has(topic, now);
}

/** Takes what a topic has just shown of its access. */
export function learnAccess(env: Env, topic: string, isPublic: boolean, now: number): void {
  // Names that fit a pattern need no memory, and there may be any number of them.
  if (!isDeclared(env, topic)) learned.learn(topic, isPublic, now);
}

function isDeclared(env: Env, topic: string): boolean {
  return topicDefaultsOf(env, topic).access === "public";
}
