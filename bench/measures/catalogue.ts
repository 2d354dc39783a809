// All measures by name, in the order in which they run and are shown.

import { batch } from "./batch.ts";
import { connect } from "./connect.ts";
import { fanout } from "./fanout.ts";
import { follow } from "./follow.ts";
import { inbox } from "./inbox.ts";
import { latency } from "./latency.ts";
import type { Measure, MeasureName } from "./measure.ts";
import { memory } from "./memory.ts";
import { reconnect } from "./reconnect.ts";

export const MEASURES: Record<MeasureName, Measure> = {
  inbox,
  topic: fanout({ subscribers: 1, inFlight: 32 }),
  "fanout-32": fanout({ subscribers: 1000, inFlight: 32 }),
  "fanout-4": fanout({ subscribers: 1000, inFlight: 4 }),
  "subscribe-32": fanout({ subscribers: 1000, inFlight: 32, over: "own connections" }),
  "subscribe-4": fanout({ subscribers: 1000, inFlight: 4, over: "own connections" }),
  "follow-1": follow({ messages: 1 }),
  "follow-100": follow({ messages: 100 }),
  "latency-1": latency({ subscribers: 1, perSecond: 50 }),
  "latency-1000": latency({ subscribers: 1000, perSecond: 10 }),
  batch,
  reconnect,
  memory,
  connect,
};
