// The type of a measure: a title, its servers, its figures, and its run against one freshly started
// server.

import type { Server, ServerName } from "../servers/server.ts";
import type { Usage } from "./usage.ts";

export const MEASURE_NAMES = [
  "inbox",
  "topic",
  "fanout-32",
  "fanout-4",
  "subscribe-32",
  "subscribe-4",
  "follow-1",
  "follow-100",
  "latency-1",
  "latency-1000",
  "batch",
  "reconnect",
  "memory",
  "connect",
] as const;

export type MeasureName = (typeof MEASURE_NAMES)[number];

export interface Context {
  server: Server;
  /** The length of the measured part of a throughput row. */
  seconds: number;
}

export interface Figure {
  key: string;
  unit: string;
}

export interface Outcome {
  /** A value for the key of each figure, and other values that the raw rows should keep. */
  values: Record<string, number>;
  usage: Usage;
}

export interface Measure {
  title: string;
  servers: readonly ServerName[];
  figures: readonly Figure[];
  run(context: Context): Promise<Outcome>;
}
