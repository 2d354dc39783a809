// The floor of the platform: the same workerd and the least code that publishes and broadcasts,
// without and with a stored row. See baselines/bare/worker.js.

import { join } from "node:path";
import type { Child } from "./child.ts";
import { get, post, put, upgrade } from "./request.ts";
import type { Address, Dialect } from "./server.ts";
import { startWorkerd } from "./workerd.ts";

const MODULES = join(import.meta.dirname, "..", "baselines", "bare");

export function startBare(options: { insert: boolean }): Promise<Child> {
  return startWorkerd({
    modules: MODULES,
    main: "worker.js",
    objects: [{ binding: "CHANNEL", className: "Channel", uniqueKey: "bare-channel" }],
    texts: { INSERT: options.insert ? "yes" : "" },
  });
}

/** Shared by every baseline: an address is a path, POST publishes to it and an upgrade follows it. */
export const plainDialect: Dialect = {
  publishRequest: (address, body) => post(pathOf(address), [], body),
  connectRequest: (address) => upgrade(pathOf(address)),
};

/** The same where rows are stored: a publish is answered when every follower has its own. */
export const insertDialect: Dialect = {
  ...plainDialect,
  following: {
    followRequest: (user, topic) => put(`${pathOf(topic)}?follower=${pathOf(user)}`),
    kept: {
      request: (user, limit) => get(`${pathOf(user)}?limit=${limit}`),
      readCount: (reply) => (JSON.parse(reply) as { count: number }).count,
    },
  },
};

export function pathOf({ kind, name }: Address): string {
  return `/${kind}/${name}`;
}
