// One topic, some subscribers, a closed loop of publishes: a publish makes room for the next when it is
// answered and has reached every subscriber. With one subscriber it is the rate of a single log. The
// subscribers are sockets of the topic, or connections of users of their own that the topic reaches by
// way of each user's object.

import { startClosedLoop } from "../generator/loops.ts";
import type { Server, ServerName } from "../servers/server.ts";
import { checkDeliveredToAll } from "./delivered.ts";
import type { Measure } from "./measure.ts";
import { newTopic, withStage } from "./stage.ts";
import { measureWindow } from "./window.ts";

const LATENCIES = [
  { key: "p50", unit: "ms p50" },
  { key: "p99", unit: "ms p99" },
];

const ALL: readonly ServerName[] = [
  "belfry",
  "bare",
  "bare+insert",
  "ws",
  "ws+coalesce",
  "socket.io",
];

export function fanout(options: {
  subscribers: number;
  inFlight: number;
  over?: "sockets of the topic" | "own connections";
}): Measure {
  const { subscribers, inFlight, over = "sockets of the topic" } = options;
  const isOwn = over === "own connections";
  const isOne = subscribers === 1;
  const many = isOwn ? "users subscribed over their own connections" : "subscribers";
  const crowd = isOne ? "one subscriber" : `${subscribers.toLocaleString("en")} ${many}`;
  return {
    title: `publishes to one topic, ${crowd}, ${inFlight} in flight`,
    servers: isOwn ? ["belfry"] : ALL,
    figures: [{ key: "rate", unit: isOne ? "publishes/s" : "deliveries/s" }, ...LATENCIES],
    run(context) {
      const staging = { addresses: [newTopic()], subscribers, publishers: inFlight };
      const server = isOwn ? subscribing(context.server) : context.server;
      return withStage(server, staging, async (stage) => {
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

/** Returns the server with the dialect for subscribers on a user's own connection. */
function subscribing(server: Server): Server {
  if (!server.subscribing) throw new Error(`Nobody can subscribe so to ${server.name}.`);
  return { ...server, ...server.subscribing };
}
