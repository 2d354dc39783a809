// The types of a deployer's handlers: their input and their decisions. The handlers are in src/handlers.ts.

import type { Address } from "./address.ts";
import type { Message } from "./message.ts";

/** The publisher, as the hub has verified it, and the address it publishes to. */
export interface Sender {
  /** `user:<id>` for a user's token, the key's name for a backend. */
  source: string;
  to: Address;
}

/**
 * The decision of a handler: the message, changed or not; another address for it; or a refusal, with a
 * sentence for the publisher.
 */
export type Decision = Message | { to: string; message?: Message } | { refuse: string };

/** Takes a checked message and its sender. The result is checked again like any message. */
export type Handler = (message: Message, sender: Sender) => Decision | Promise<Decision>;

/** The handlers by `type` or `prefix.*`. The longest match counts. */
export type Handlers = Readonly<Record<string, Handler>>;
