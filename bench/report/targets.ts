// The targets of the hub, each as a ratio to another server of the same run. A comparison without a
// target is for the reader only.

import type { MeasureName } from "../measures/measure.ts";
import type { ServerName } from "../servers/server.ts";

export interface Comparison {
  measure: MeasureName;
  figure: string;
  /** The server of the figure; the hub where this is absent. */
  of?: ServerName;
  against: ServerName;
  /** The measure of the other server's figure, where it is not the same. */
  againstMeasure?: MeasureName;
  target?: { atLeast: number } | { atMost: number };
}

export const COMPARISONS: readonly Comparison[] = [
  { measure: "inbox", figure: "publishes", against: "bare+insert", target: { atLeast: 0.9 } },
  { measure: "topic", figure: "rate", against: "bare+insert", target: { atLeast: 2 } },
  { measure: "fanout-32", figure: "rate", against: "bare", target: { atLeast: 6 } },
  { measure: "fanout-32", figure: "rate", against: "ws", target: { atLeast: 1 } },
  { measure: "fanout-32", figure: "rate", against: "ws+coalesce" },
  { measure: "fanout-32", figure: "rate", against: "socket.io", target: { atLeast: 2 } },
  { measure: "fanout-32", figure: "p99", against: "bare" },
  { measure: "fanout-4", figure: "rate", against: "bare", target: { atLeast: 2 } },
  { measure: "subscribe-32", figure: "rate", against: "belfry", againstMeasure: "fanout-32" },
  { measure: "subscribe-4", figure: "rate", against: "belfry", againstMeasure: "fanout-4" },
  { measure: "follow-1", figure: "micros", against: "bare+insert", target: { atMost: 1.2 } },
  {
    measure: "follow-100",
    figure: "micros",
    against: "bare+insert",
    againstMeasure: "follow-1",
    target: { atMost: 0.1 },
  },
  { measure: "follow-100", figure: "micros", against: "bare+insert" },
  { measure: "latency-1", figure: "p50", against: "bare+insert", target: { atMost: 1.3 } },
  { measure: "latency-1000", figure: "p99", against: "bare", target: { atMost: 1.5 } },
  { measure: "batch", figure: "stored", against: "bare+insert", target: { atLeast: 0.7 } },
  { measure: "reconnect", figure: "back", against: "bare", target: { atMost: 1.5 } },
  { measure: "reconnect", figure: "back", against: "bare+token" },
  { measure: "reconnect", figure: "back", of: "bare+token", against: "bare" },
  { measure: "memory", figure: "perSocket", against: "bare", target: { atMost: 1.15 } },
  { measure: "connect", figure: "connects", against: "bare", target: { atLeast: 0.7 } },
  { measure: "connect", figure: "connects", against: "bare+token" },
  { measure: "connect", figure: "connects", of: "bare+token", against: "bare" },
];
