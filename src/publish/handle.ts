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

/** A message that may be appended, and where. `value` is to be checked if a handler made it. */
export type Handled = { to: Address; value: Message; changed: boolean };

/** Takes a checked message; gives it as its handler wants it, or why it is refused. */
export async function handle(
  handlers: Handlers,
  message: Message,
  sender: Sender,
): Promise<Handled | Refusal> {
  const handler = message.type === undefined ? undefined : handlerOf(handlers, message.type);
  if (handler === undefined) return { to: sender.to, value: message, changed: false };
  const decision = await handler(message, sender);
  if ("refuse" in decision) return refusal("invalid_params", decision.refuse);
  if (!("to" in decision)) return { to: sender.to, value: decision, changed: true };
  const to = parseAddress(decision.to);
  if ("fault" in to)
    throw new Error(`the handler of ${message.type} sends to ${decision.to}: ${to.fault}`);
  return { to, value: decision.message ?? message, changed: true };
}

function handlerOf(handlers: Handlers, type: string): Handler | undefined {
  const exact = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  if (exact !== undefined) return exact;
  for (let dot = type.lastIndexOf("."); dot > 0; dot = type.lastIndexOf(".", dot - 1)) {
    const pattern = `${type.slice(0, dot)}.*`;
    if (Object.hasOwn(handlers, pattern)) return handlers[pattern];
  }
  return undefined;
}
