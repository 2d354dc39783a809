// A backend's publishes. The key that makes a publish safe to repeat is made once, before the first try.

import type { Address, NewMessage, Stored } from "../../protocol/message.ts";
import type { Caller, PublishOptions } from "./call.ts";

/** `user:<id>` or `topic:<name>`, or several of them. */
export type Recipients = Address | readonly Address[];

/** The result for one message at one address. */
export type Result = { to: string; status: number } & (
  | { id: string; offset: number | null; epoch: string }
  | { code: string; fix: string; field?: string }
);

export interface Results {
  stored: number;
  duplicate: number;
  failed: number;
  /**
   * One for each message and different address, in order. A message whose `to` cannot be read has one,
   * without `to`.
   */
  results: Result[];
}

/** Publishes one message to one address. */
export async function publishTo(
  caller: Caller,
  to: Address,
  message: NewMessage,
  options: PublishOptions = {},
): Promise<Stored> {
  return (await publish(caller, { ...message, to }, options)) as Stored;
}

export async function publishMany(
  caller: Caller,
  messages: readonly ({ to: Recipients } & NewMessage)[],
  options: PublishOptions = {},
): Promise<Results> {
  return (await publish(caller, messages, options)) as Results;
}

async function publish(
  caller: Caller,
  body: unknown,
  { idempotencyKey, signal }: PublishOptions,
): Promise<unknown> {
  if (idempotencyKey === "") throw new TypeError("`idempotencyKey` is empty");
  // JSON has no undefined: an `id` that is undefined is absent to the hub, which then uses the key.
  return caller.json("POST", "publish", {
    body,
    idempotencyKey: idempotencyKey ?? crypto.randomUUID(),
    signal,
  });
}
