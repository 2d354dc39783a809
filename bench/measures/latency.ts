// Publish to deliver at a gentle fixed rate, generator clock to generator clock: from the moment
// the request is written to the moment each subscriber has read the message.

import { startOpenLoop } from "../generator/loops.ts";
import { checkDeliveredToAll } from "./delivered.ts";
import type { Measure } from "./measure.ts";
import { newTopic, withStage } from "./stage.ts";
import { measureWindow } from "./window.ts";

const PUBLISHERS = 16;
/** A percentile needs more publishes than a rate does, so these rows last longer. */
const SECONDS_MIN = 4;

export function latency(options: { subscribers: number; perSecond: number }): Measure {
  const { subscribers, perSecond } = options;
  const crowd =
    subscribers === 1 ? "one subscriber" : `${subscribers.toLocaleString("en")} subscribers`;
  return {
    title: `publish to deliver, ${crowd}, ${perSecond} publishes a second`,
    servers: ["belfry", "bare", "bare+insert", "ws", "socket.io"],
    figures: [
      { key: "p50", unit: "ms p50" },
      { key: "p99", unit: "ms p99" },
    ],
    run(context) {
      const staging = { addresses: [newTopic()], subscribers, publishers: PUBLISHERS };
      const longer = { ...context, seconds: Math.max(SECONDS_MIN, context.seconds) };
      return withStage(context.server, staging, async (stage) => {
        const { usage } = await measureWindow(
          longer,
          stage,
          () => startOpenLoop(stage, perSecond),
          () => stage.publishes.delivered,
        );
        checkDeliveredToAll(stage.crowd, stage.publishes);
        const { latency: samples } = stage.publishes;
        const values = { p50: samples.quantileMs(0.5), p99: samples.quantileMs(0.99) };
        return { values: { ...values, samples: samples.total }, usage };
      });
    },
  };
}
