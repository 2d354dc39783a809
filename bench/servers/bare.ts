// The platform's own floor: the same workerd and the least code that publishes and broadcasts,
// without and with a stored row. See baselines/bare.js.

import { join } from "node:path";
import type { Child } from "./child.ts";
import { post, upgrade } from "./request.ts";
import type { Dialect } from "./server.ts";
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
  publishRequest: ({ kind, name }, body) => post(`/${kind}/${name}`, [], body),
  connectRequest: ({ kind, name }) => upgrade(`/${kind}/${name}`),
};
