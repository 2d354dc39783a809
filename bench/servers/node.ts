// The Node baselines, each one process: `ws`, the same with coalescing, and Socket.IO. The generator
// speaks Socket.IO's framing itself: "0" opens the transport, "40" joins the default namespace.

import { createRequire } from "node:module";
import { join } from "node:path";
import type { GreetingStep } from "../generator/subscriber.ts";
import { plainDialect } from "./bare.ts";
import { type Child, startChild } from "./child.ts";
import { upgrade } from "./request.ts";
import type { Dialect } from "./server.ts";

const BASELINES = join(import.meta.dirname, "..", "baselines", "node");
export const COALESCE_MS = 2;

export function startWs(options: { coalesceMs: number }): Promise<Child> {
  return startNode("ws-server.ts", [String(options.coalesceMs)]);
}

export function startSocketIo(): Promise<Child> {
  return startNode("socket-io-server.ts", []);
}

export const socketIoDialect: Dialect = {
  publishRequest: plainDialect.publishRequest,
  connectRequest: ({ kind, name }) =>
    upgrade(`/socket.io/?EIO=4&transport=websocket&address=/${kind}/${name}`),
  greet: (frame): GreetingStep => {
    if (frame.startsWith("40")) return { ready: true };
    if (frame.startsWith("0")) return { ready: false, send: "40" };
    throw new Error(`Socket.IO greeted a client with: ${frame}`);
  },
};

/** The installed version of a package that a baseline runs. */
export function packageVersion(name: string): string {
  const require = createRequire(import.meta.url);
  return (require(`${name}/package.json`) as { version: string }).version;
}

function startNode(file: string, args: string[]): Promise<Child> {
  return startChild({ file: process.execPath, args: [join(BASELINES, file), ...args], portFd: 1 });
}
