// The stubs of the inboxes that a topic delivers to: naming an object anew for each message is a
// tenth of what telling it costs.

import type { Env } from "../objects/env.ts";
import type { InboxRpc } from "../objects/inbox-rpc.ts";
import { CALL_MS_MAX, inboxOf } from "../objects/stubs.ts";

export class Inboxes {
  readonly #env: Env;
  readonly #stubs = new Map<string, DurableObjectStub<InboxRpc>>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Takes a member's address, `user:ada`. */
  of(member: string): DurableObjectStub<InboxRpc> {
    const known = this.#stubs.get(member) ?? this.#stubOf(member.slice("user:".length));
    this.#stubs.set(member, known);
    return known;
  }

  /** What the fan-out has given up, and notes as failed, the runtime does not begin again. */
  #stubOf(user: string): DurableObjectStub<InboxRpc> {
    return inboxOf(this.#env, user, "backend", CALL_MS_MAX);
  }

  /** After a failed call a stub may be of no use any more. */
  forget(member: string): void {
    this.#stubs.delete(member);
  }
}
