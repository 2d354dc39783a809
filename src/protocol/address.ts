// The address of a message: `user:ada` or `topic:orders.42`.

import { type Refusal, refusal } from "./error.ts";
import { NAME_LENGTH_MAX } from "./limits.ts";

export type Address = { kind: "user"; name: string } | { kind: "topic"; name: string };

const USER = /^[A-Za-z0-9._~@:|+=-]+$/;
const TOPIC = /^[A-Za-z0-9._:@=-]+$/;
/** URL parsers take these for steps in a path (WHATWG URL §4.4). */
const DOTS = /^\.{1,2}$/;

/** Takes a decoded user id; returns a sentence with its fault, or null. */
export function userFault(name: string): string | null {
  if (name.length === 0 || name.length > NAME_LENGTH_MAX)
    return `a user id has 1 to ${NAME_LENGTH_MAX} characters`;
  if (!USER.test(name)) return "a user id is made of A-Z a-z 0-9 . _ ~ @ : | + = -";
  if (DOTS.test(name)) return "`.` and `..` are no names: no path would lead to them";
  if (name === "me") return "`me` is reserved: it stands for the bearer of a token";
  return null;
}

/** Takes a decoded topic name; returns a sentence with its fault, or null. */
export function topicFault(name: string): string | null {
  if (name.length === 0 || name.length > NAME_LENGTH_MAX)
    return `a topic has 1 to ${NAME_LENGTH_MAX} characters`;
  // `$` is not in the alphabet, so names that begin with it are free for the hub's own use.
  if (!TOPIC.test(name)) return "a topic is made of A-Z a-z 0-9 . _ : @ = -";
  if (DOTS.test(name)) return "`.` and `..` are no names: no path would lead to them";
  if (name === "everyone") return "`everyone` is a reserved topic";
  return null;
}

/** Takes `user:ada` or `topic:orders.42`; returns the address, or a refusal. */
export function parseAddress(text: string): Address | Refusal {
  const colon = text.indexOf(":");
  const kind = text.slice(0, colon);
  const name = text.slice(colon + 1);
  if (colon > 0 && (kind === "user" || kind === "topic")) {
    const fault = kind === "user" ? userFault(name) : topicFault(name);
    return fault === null ? { kind, name } : refusal("invalid_params", fault, "to");
  }
  return refusal("invalid_params", "an address is `user:<id>` or `topic:<name>`", "to");
}
