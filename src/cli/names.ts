// The users, topics and addresses in the arguments of a command.

import { type Address, parseAddress, topicFault, userFault } from "../protocol/address.ts";
import { isRefusal } from "../protocol/error.ts";
import { UsageError } from "./failure.ts";

/** Takes `user:ada` or `topic:news`. Throws a UsageError. */
export function readAddress(text: string): Address {
  const address = parseAddress(text);
  if (isRefusal(address)) throw new UsageError(`"${text}": ${address.fix}`);
  return address;
}

/** Takes `ada` or `user:ada`; returns `ada`. Throws a UsageError. */
export function readUser(text: string): string {
  const name = text.replace(/^user:/, "");
  return checked(name, userFault(name));
}

/** Takes `news` or `topic:news`; returns `news`. Throws a UsageError. */
export function readTopic(text: string): string {
  const name = text.replace(/^topic:/, "");
  return checked(name, topicFault(name));
}

function checked(name: string, fault: string | null): string {
  if (fault !== null) throw new UsageError(`"${name}": ${fault}`);
  return name;
}
