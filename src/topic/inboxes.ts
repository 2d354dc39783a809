// The stubs of the inboxes that a topic delivers to: naming an object anew for each message is a
// tenth of what telling it costs.

import type { Inbox } from "../inbox/inbox.ts";
import { CALL_MS_MAX, inboxOf } from "../objects.ts";
import type { Env } from "../settings.ts";

export class Inboxes {
  readonly #env: Env;
  readonly #stubs = new Map<string, DurableObjectStub<Inbox>>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Takes a member's address, `user:ada`. */
  of(member: string): DurableObjectStub<Inbox> {
    const known = this.#stubs.get(member) ?? this.#stubOf(member.slice("user:".length));
    this.#stubs.set(member, known);
    return known;
  }

  /** What the fan-out has given up, and notes as failed, the runtime does not begin again. */
  #stubOf(user: string): DurableObjectStub<Inbox> {
    return inboxOf(this.#env, user, "backend", CALL_MS_MAX);
  }

  /** After a failed call a stub may be of no use any more. */
  forget(member: string): void {
    this.#stubs.delete(member);
  }
}
