// A handler of the deployer's: what it takes, and what it may decide. src/handlers.ts has them.

import type { Address } from "./address.ts";
import type { Message } from "./message.ts";

/** Who publishes, as the hub has verified it, and where to. */
export interface Sender {
  /** `user:<id>` for a user's token, the key's name for a backend. */
  source: string;
  to: Address;
}

/**
 * What a handler decides: the message, changed or not; another address for it; or a refusal, whose
 * sentence the publisher reads.
 */
export type Decision = Message | { to: string; message?: Message } | { refuse: string };

/** Takes a checked message and who sent it. What it gives is checked again like any message. */
export type Handler = (message: Message, sender: Sender) => Decision | Promise<Decision>;

/** From a `type`, or a `prefix.*`, to its handler. The longest match counts. */
export type Handlers = Readonly<Record<string, Handler>>;
