// The floor of connecting: the bare object with a token to check, a greeting and a replay. See
// baselines/greeting/worker.js.

import { join } from "node:path";
import { buildSync } from "esbuild";
import type { GreetingStep } from "../generator/subscriber.ts";
import { pathOf, plainDialect } from "./bare.ts";
import type { Child } from "./child.ts";
import { upgrade } from "./request.ts";
import type { Dialect } from "./server.ts";
import { temporaryFolder } from "./temporary.ts";
import { jwtSecret, tokenHeader } from "./token.ts";
import { startWorkerd } from "./workerd.ts";

const MAIN = join(import.meta.dirname, "..", "baselines", "greeting", "worker.js");

let bundled: string | undefined;

export function startGreeting(): Promise<Child> {
  bundled ??= bundle();
  return startWorkerd({
    modules: bundled,
    main: "worker.js",
    objects: [{ binding: "CHANNEL", className: "Channel", uniqueKey: "greeting-channel" }],
    texts: { INSERT: "", JWT_SECRET: jwtSecret },
  });
}

function bundle(): string {
  const outdir = temporaryFolder("greeting-bundle");
  const external = ["cloudflare:workers"];
  buildSync({ entryPoints: [MAIN], outdir, bundle: true, format: "esm", external });
  return outdir;
}

export const greetingDialect: Dialect = {
  ...plainDialect,
  connectRequest: (address, client, since = "latest") =>
    upgrade(`${pathOf(address)}?since=${since}`, [tokenHeader(address, client)]),
  greet: (): GreetingStep => ({ ready: true }),
  cursorOf: (greeting) => String((JSON.parse(greeting) as { offset: number }).offset),
};
