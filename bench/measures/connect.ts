// The rate at which clients connect, 64 at a time on one topic. For each the hub and bare+token check a
// token of its own and send a greeting; the other servers let everyone in.

import type { Measure } from "./measure.ts";
import { CONNECTS_AT_ONCE, newTopic, withStage } from "./stage.ts";
import { startUsage } from "./usage.ts";

const WARM_UP_SOCKETS = 300;
const SOCKETS = 6000;

export const connect: Measure = {
  title: `${SOCKETS.toLocaleString("en")} connects to one topic, ${CONNECTS_AT_ONCE} in flight`,
  servers: ["belfry", "bare", "bare+token", "ws", "socket.io"],
  figures: [{ key: "connects", unit: "connects/s" }],
  run({ server }) {
    const staging = { addresses: [newTopic()], subscribers: WARM_UP_SOCKETS, publishers: 1 };
    return withStage(server, staging, async ({ crowd }) => {
      crowd.prepare(SOCKETS);
      const endUsage = startUsage(server);
      await crowd.connect(SOCKETS, CONNECTS_AT_ONCE);
      const usage = endUsage(SOCKETS);
      return { values: { connects: SOCKETS / usage.seconds }, usage };
    });
  },
};
