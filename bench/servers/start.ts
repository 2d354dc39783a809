// Starts a server by its name: its process, and the dialect of its requests.

import { insertDialect, plainDialect, startBare } from "./bare.ts";
import { belfryDialect, startBelfry } from "./belfry.ts";
import type { Child } from "./child.ts";
import { greetingDialect, startGreeting } from "./greeting.ts";
import { COALESCE_MS, socketIoDialect, startSocketIo, startWs } from "./node.ts";
import type { Dialect, Server, ServerName } from "./server.ts";

interface Kind {
  dialect: Dialect;
  start: () => Promise<Child>;
}

const KINDS: Record<ServerName, Kind> = {
  belfry: { dialect: belfryDialect, start: startBelfry },
  bare: { dialect: plainDialect, start: () => startBare({ insert: false }) },
  "bare+insert": { dialect: insertDialect, start: () => startBare({ insert: true }) },
  "bare+token": { dialect: greetingDialect, start: startGreeting },
  ws: { dialect: plainDialect, start: () => startWs({ coalesceMs: 0 }) },
  "ws+coalesce": { dialect: plainDialect, start: () => startWs({ coalesceMs: COALESCE_MS }) },
  "socket.io": { dialect: socketIoDialect, start: startSocketIo },
};

export async function startServer(name: ServerName): Promise<Server> {
  const { dialect, start } = KINDS[name];
  return { name, ...dialect, ...(await start()) };
}
