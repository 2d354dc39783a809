// The cached stubs of the inboxes that a topic delivers to: making a stub for each message would be a
// tenth of the cost of its delivery.

import type { Env } from "../objects/env.ts";
import type { InboxRpc } from "../objects/inbox-rpc.ts";
import { CALL_MS_MAX, inboxOf } from "../objects/stubs.ts";

export class Inboxes {
  readonly #env: Env;
  readonly #stubs = new Map<string, DurableObjectStub<InboxRpc>>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Takes a member's address, such as `user:ada`; returns the stub of its inbox. */
  of(member: string): DurableObjectStub<InboxRpc> {
    const known = this.#stubs.get(member) ?? this.#stubOf(member.slice("user:".length));
    this.#stubs.set(member, known);
    return known;
  }

  /**
   * The runtime may repeat a call only for as long as the fan-out waits: after that the fan-out has
   * recorded the call as failed.
   */
  #stubOf(user: string): DurableObjectStub<InboxRpc> {
    return inboxOf(this.#env, user, "backend", CALL_MS_MAX);
  }

  /** Drops a member's stub, which may be unusable after a failed call. */
  forget(member: string): void {
    this.#stubs.delete(member);
  }
}
