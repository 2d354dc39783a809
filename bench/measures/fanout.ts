// One topic, some subscribers, a closed loop of publishes: a publish makes room for the next when
// it is answered and is at every subscriber. With one subscriber it is the rate of a single log.

import { startClosedLoop } from "../generator/loops.ts";
import { checkDeliveredToAll } from "./delivered.ts";
import type { Measure } from "./measure.ts";
import { newTopic, withStage } from "./stage.ts";
import { measureWindow } from "./window.ts";

const LATENCIES = [
  { key: "p50", unit: "ms p50" },
  { key: "p99", unit: "ms p99" },
];

export function fanout(options: { subscribers: number; inFlight: number }): Measure {
  const { subscribers, inFlight } = options;
  const isOne = subscribers === 1;
  const crowd = isOne ? "one subscriber" : `${subscribers.toLocaleString("en")} subscribers`;
  return {
    title: `publishes to one topic, ${crowd}, ${inFlight} in flight`,
    servers: ["belfry", "bare", "bare+insert", "ws", "ws+coalesce", "socket.io"],
    figures: [{ key: "rate", unit: isOne ? "publishes/s" : "deliveries/s" }, ...LATENCIES],
    run(context) {
      const staging = { addresses: [newTopic()], subscribers, publishers: inFlight };
      return withStage(context.server, staging, async (stage) => {
        const { perSecond, usage } = await measureWindow(
          context,
          stage,
          () => startClosedLoop(stage, inFlight),
          () => stage.publishes.delivered,
        );
        const { publishes, crowd } = stage;
        checkDeliveredToAll(crowd, publishes);
        const p50 = publishes.latency.quantileMs(0.5);
        const p99 = publishes.latency.quantileMs(0.99);
        return { values: { rate: perSecond, p50, p99, publishes: publishes.started }, usage };
      });
    },
  };
}
