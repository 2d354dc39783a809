// Users, topics and addresses as they are given to a command.

import { type Address, parseAddress, topicFault, userFault } from "../protocol/address.ts";
import { UsageError } from "./failure.ts";

/** `user:ada` or `topic:news`. */
export function readAddress(text: string): Address {
  const address = parseAddress(text);
  if ("fault" in address) throw new UsageError(`"${text}": ${address.fault}`);
  return address;
}

/** `ada`, or `user:ada`. */
export function readUser(text: string): string {
  const name = text.replace(/^user:/, "");
  return checked(name, userFault(name));
}

/** `news`, or `topic:news`. */
export function readTopic(text: string): string {
  const name = text.replace(/^topic:/, "");
  return checked(name, topicFault(name));
}

function checked(name: string, fault: string | null): string {
  if (fault !== null) throw new UsageError(`"${name}": ${fault}`);
  return name;
}
