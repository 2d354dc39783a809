// Routing by type: finds the deployer's handler of a message and runs it before the message is appended.
// The handlers themselves are in ../handlers.ts.

import { type Address, parseAddress } from "../protocol/address.ts";
import { isRefusal, type Refusal, refusal } from "../protocol/error.ts";
import type { Handler, Handlers, Sender } from "../protocol/handler.ts";
import type { Message } from "../protocol/message.ts";

/** The message that a handler returned, and its address. It is checked like any other message. */
export interface Handled {
  to: Address;
  message: Message;
}

/**
 * Runs a handler. Throws when the handler names an invalid address, which is a fault of the deployment.
 */
export async function runHandler(
  handler: Handler,
  message: Message,
  sender: Sender,
): Promise<Handled | Refusal> {
  const decision = await handler(message, sender);
  if ("refuse" in decision) return refusal("invalid_params", decision.refuse);
  if (!("to" in decision)) return { to: sender.to, message: decision };
  const to = parseAddress(decision.to);
  if (isRefusal(to))
    throw new Error(`the handler of ${message.type} sends to ${decision.to}: ${to.fix}`);
  return { to, message: decision.message ?? message };
}

/**
 * Returns the handler of a type: the one with its exact name, or that of the longest `prefix.*`.
 */
export function handlerOf(handlers: Handlers, type: string | undefined): Handler | undefined {
  if (type === undefined) return undefined;
  if (Object.hasOwn(handlers, type)) return handlers[type];
  for (let dot = type.lastIndexOf("."); dot > 0; dot = type.lastIndexOf(".", dot - 1)) {
    const pattern = `${type.slice(0, dot)}.*`;
    if (Object.hasOwn(handlers, pattern)) return handlers[pattern];
  }
  return undefined;
}
