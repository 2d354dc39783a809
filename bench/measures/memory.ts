// The memory of an idle socket: the growth of the server's process for 6,000 of them, once it no longer
// changes.

import { pause } from "../generator/deadline.ts";
import { publishInTurn } from "../generator/loops.ts";
import { residentKiB } from "../machine.ts";
import type { Measure } from "./measure.ts";
import { CONNECTS_AT_ONCE, newTopic, withStage } from "./stage.ts";
import { startUsage } from "./usage.ts";

// Enough of them that the memory which the process takes once, for any connection, is a small share.
const SOCKETS = 6000;
const SAMPLE_MS = 500;
const SAMPLES_MAX = 12;
/** The server has settled when two samples differ by less than this share. */
const SETTLED_SHARE = 0.002;

export const memory: Measure = {
  title: `memory of ${SOCKETS.toLocaleString("en")} idle sockets on one topic`,
  servers: ["belfry", "bare", "ws", "socket.io"],
  figures: [{ key: "perSocket", unit: "KiB a socket" }],
  run({ server }) {
    // One connection and one publish first, so that code and storage are loaded before the base.
    const staging = { addresses: [newTopic()], subscribers: 1, publishers: 1 };
    return withStage(server, staging, async (stage) => {
      await publishInTurn(stage, 1);
      const baseKiB = await settledKiB(server.pid);
      const endUsage = startUsage(server);
      await stage.crowd.connect(SOCKETS, CONNECTS_AT_ONCE);
      const totalKiB = await settledKiB(server.pid);
      if (stage.crowd.failure) throw stage.crowd.failure;
      const perSocket = (totalKiB - baseKiB) / SOCKETS;
      return { values: { perSocket, baseKiB, totalKiB }, usage: endUsage(SOCKETS) };
    });
  },
};

async function settledKiB(pid: number): Promise<number> {
  let last = residentKiB(pid);
  for (let sample = 0; sample < SAMPLES_MAX; sample += 1) {
    await pause(SAMPLE_MS);
    const next = residentKiB(pid);
    if (Math.abs(next - last) < next * SETTLED_SHARE) return next;
    last = next;
  }
  return last;
}
