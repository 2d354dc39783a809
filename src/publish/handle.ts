// Routing by type on the server: finds the deployer's handler for a message and runs it before the
// message is appended. The handlers themselves are in ../handlers.ts.

import { type Address, parseAddress } from "../protocol/address.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import type { Message } from "../protocol/message.ts";

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

/** What a handler has made of a message, and where it goes; to be checked like any message. */
export interface Handled {
  to: Address;
  message: Message;
}

/** Runs a handler. A handler that sends to what is no address is a fault of the deployment. */
export async function handle(
  handler: Handler,
  message: Message,
  sender: Sender,
): Promise<Handled | Refusal> {
  const decision = await handler(message, sender);
  if ("refuse" in decision) return refusal("invalid_params", decision.refuse);
  if (!("to" in decision)) return { to: sender.to, message: decision };
  const to = parseAddress(decision.to);
  if ("fault" in to)
    throw new Error(`the handler of ${message.type} sends to ${decision.to}: ${to.fault}`);
  return { to, message: decision.message ?? message };
}

/** The handler of a type: its own, or that of the longest `prefix.*`. */
export function handlerOf(handlers: Handlers, type: string | undefined): Handler | undefined {
  if (type === undefined) return undefined;
  if (Object.hasOwn(handlers, type)) return handlers[type];
  for (let dot = type.lastIndexOf("."); dot > 0; dot = type.lastIndexOf(".", dot - 1)) {
    const pattern = `${type.slice(0, dot)}.*`;
    if (Object.hasOwn(handlers, pattern)) return handlers[pattern];
  }
  return undefined;
}
