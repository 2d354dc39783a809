// The CPU that server and generator used over the measured part of a row, so that a reader can see which
// of the two was the limit.

import { cpuMs } from "../machine.ts";
import type { Server } from "../servers/server.ts";

export interface Usage {
  seconds: number;
  /** Cores in use, 1 being one core all the time. */
  serverCpu: number;
  generatorCpu: number;
  /** CPU time of the server for each operation: a publish, a delivery or a connection. */
  serverMicrosPerOperation: number;
}

/** Starts the clock. The returned function takes the operations done since, and stops it. */
export function startUsage(server: Server): (operations: number) => Usage {
  const startedAt = performance.now();
  const serverMs = cpuMs(server.pid);
  const generator = process.cpuUsage();
  return (operations) => {
    const ms = performance.now() - startedAt;
    const usedMs = cpuMs(server.pid) - serverMs;
    const { user, system } = process.cpuUsage(generator);
    return {
      seconds: ms / 1000,
      serverCpu: usedMs / ms,
      generatorCpu: (user + system) / 1000 / ms,
      serverMicrosPerOperation: (usedMs * 1000) / operations,
    };
  };
}
