// The command line of the bench. An unknown name is refused with the list of known names.

import { parseArgs } from "node:util";
import { MEASURE_NAMES, type MeasureName } from "./measures/measure.ts";
import { SERVER_NAMES, type ServerName } from "./servers/server.ts";

export interface Options {
  measures: readonly MeasureName[];
  servers: readonly ServerName[];
  rounds: number;
  seconds: number;
  /** The path for the raw rows, if it is not in bench/out/. */
  json: string | undefined;
  /** Whether to put the report into README.md. */
  write: boolean;
}

const ROUNDS_MAX = 20;
const SECONDS_MAX = 60;

export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      servers: { type: "string" },
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "3" },
      json: { type: "string" },
      write: { type: "boolean", default: false },
    },
  });
  return {
    measures: chosen("--only", values.only, MEASURE_NAMES),
    servers: chosen("--servers", values.servers, SERVER_NAMES),
    rounds: Math.ceil(bounded("--rounds", values.rounds, ROUNDS_MAX)),
    seconds: bounded("--seconds", values.seconds, SECONDS_MAX),
    json: values.json,
    write: values.write,
  };
}

function chosen<Name extends string>(
  option: string,
  text: string | undefined,
  names: readonly Name[],
): readonly Name[] {
  if (text === undefined) return names;
  const wanted = text.split(",");
  const unknown = wanted.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(`${option} knows ${names.join(", ")}; not ${unknown.join(", ")}.`);
  }
  return names.filter((name) => wanted.includes(name));
}

function bounded(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= max)) throw new Error(`${option} is above 0 and at most ${max}.`);
  return value;
}
