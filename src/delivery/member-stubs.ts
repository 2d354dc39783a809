// The cached stubs of members: making a stub for each message would be a tenth of the cost of its delivery.

import type { Env } from "../objects/env.ts";
import type { InboxRpc } from "../objects/inbox-rpc.ts";
import { CALL_MS_MAX, inboxOf } from "../objects/stubs.ts";
import { parseAddress } from "../protocol/address.ts";

export class MemberStubs {
  readonly #env: Env;
  readonly #stubs = new Map<string, DurableObjectStub<InboxRpc>>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Takes a member's address, such as `user:ada`; returns the stub of its inbox. */
  of(member: string): DurableObjectStub<InboxRpc> {
    const known = this.#stubs.get(member) ?? this.#stubOf(member);
    this.#stubs.set(member, known);
    return known;
  }

  /**
   * The runtime may repeat a call only for as long as the fan-out waits: after that the fan-out has
   * recorded the call as failed.
   */
  #stubOf(member: string): DurableObjectStub<InboxRpc> {
    const address = parseAddress(member);
    if (!("kind" in address) || address.kind !== "user")
      throw new Error(`${member} is no member: only users have inboxes`);
    return inboxOf(this.#env, address.name, "backend", CALL_MS_MAX);
  }

  /** Drops a member's stub, which may be unusable after a failed call. */
  forget(member: string): void {
    this.#stubs.delete(member);
  }
}
