// The users that follow a topic.

import type { Members } from "../delivery/members.ts";
import { parseAddress } from "../protocol/address.ts";

/** Returns the ids of users that follow, sorted, after the user `after`; at most `limit`. */
export function followersOf(members: Members, after: string, limit: number): string[] {
  return [...members.all().values()]
    .filter(({ follows }) => follows)
    .map(({ name }) => parseAddress(name))
    .flatMap((address) => ("kind" in address && address.kind === "user" ? [address.name] : []))
    .filter((user) => user > after)
    .sort()
    .slice(0, limit);
}
