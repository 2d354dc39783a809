// The interface of a command, and its input: the arguments as read by `parseArgs`, the hub, the output.

import type { Readable } from "node:stream";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { UsageError } from "./failure.ts";
import type { Target } from "./find-hub.ts";
import type { Output } from "./output.ts";

export interface Option {
  /** The name of its value in the help; absent when the option takes no value. */
  value?: string;
  repeated?: true;
  about: string;
}

export interface Command {
  name: string;
  /** The operands as the help shows them, such as `<user>`. */
  operands: string;
  /** The least and the greatest number of operands. */
  count: readonly [number, number];
  about: string;
  details?: string;
  options: Record<string, Option>;
  examples: readonly string[];
  run(call: Call): Promise<void>;
}

export interface Call {
  operands: string[];
  options: Options;
  output: Output;
  stdin: Readable;
  /**
   * Finds the hub and its key. Throws a UsageError that says how to set them, or an UnreachableError.
   */
  hub(): Promise<Target>;
}

/** The options of every command. */
export const COMMON: Record<string, Option> = {
  hub: { value: "url", about: "the hub's address, instead of BELFRY_URL" },
  json: { about: "JSON, one result a line, also at a terminal" },
  quiet: { about: "no remarks on stderr; faults are printed all the same" },
  help: { about: "this" },
};

type Value = string | boolean | (string | boolean)[] | undefined;

/** The options of one call, by name. */
export class Options {
  readonly #values: Record<string, Value>;

  constructor(values: Record<string, Value>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  texts(name: string): string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** Returns an integer of at least `least`, undefined when absent. Throws a UsageError. */
  whole(name: string, least: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= least) return value;
    throw new UsageError(`--${name} is a whole number from ${least} on, and "${text}" is not`);
  }

  /** Returns seconds, read from a number or from 90s, 15m, 1h, 7d. Throws a UsageError. */
  seconds(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const [, digits, unit = "s"] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
    if (digits !== undefined) return Number(digits) * (UNIT_SECONDS[unit] as number);
    throw new UsageError(`--${name} is seconds, or such as 90s, 15m, 1h, 7d; "${text}" is not`);
  }
}

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Takes the arguments after the name of the command. Throws a UsageError. */
export function readArguments(
  command: Command,
  args: string[],
): { operands: string[]; options: Options } {
  const all = { ...command.options, ...COMMON };
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { value, repeated }] of Object.entries(all))
    options[name] = {
      type: value === undefined ? "boolean" : "string",
      ...(repeated ? { multiple: true } : {}),
      ...(name === "help" ? { short: "h" } : {}),
    };
  const { values, positionals } = parse(args, options);
  const read = new Options(values as Record<string, Value>);
  const [least, most] = command.count;
  if (!read.flag("help") && (positionals.length < least || positionals.length > most))
    throw new UsageError(
      positionals.length < least
        ? `it takes ${command.operands}`
        : `"${positionals[most]}" is one too many: quote a text with spaces`,
    );
  return { operands: positionals, options: read };
}

function parse(args: string[], options: NonNullable<ParseArgsConfig["options"]>) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageError((cause as Error).message);
  }
}
