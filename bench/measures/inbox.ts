// One message to one user at a time: 500 users with a socket each, served in turn. It shows the cost of
// a single publish, since users share neither a write nor a frame.

import { publishInTurn, startClosedLoop } from "../generator/loops.ts";
import { checkTotal } from "./delivered.ts";
import type { Measure } from "./measure.ts";
import { newUsers, withStage } from "./stage.ts";
import { measureWindow } from "./window.ts";

const USERS = 500;
const IN_FLIGHT = 32;

export const inbox: Measure = {
  title: `publishes to ${USERS} inboxes with a socket each, ${IN_FLIGHT} in flight`,
  servers: ["belfry", "bare", "bare+insert", "ws", "socket.io"],
  figures: [
    { key: "publishes", unit: "publishes/s" },
    { key: "p50", unit: "ms p50" },
  ],
  run(context) {
    const staging = { addresses: newUsers(USERS), subscribers: USERS, publishers: IN_FLIGHT };
    return withStage(context.server, staging, async (stage) => {
      // The first publish to an inbox creates its storage, which is not measured here.
      await publishInTurn(stage, USERS);
      const { perSecond, usage } = await measureWindow(
        context,
        stage,
        () => startClosedLoop(stage, IN_FLIGHT),
        () => stage.publishes.finished,
      );
      checkTotal(stage.publishes, stage.publishes.started);
      return {
        values: { publishes: perSecond, p50: stage.publishes.latency.quantileMs(0.5) },
        usage,
      };
    });
  },
};
