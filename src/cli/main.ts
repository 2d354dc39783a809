#!/usr/bin/env node
// npx belfry: reads the command line, runs the command, and exits with its code.

import { type Command, readArguments } from "./command.ts";
import { doctor } from "./doctor.ts";
import { EXIT, type ExitCode, explain, UsageError } from "./failure.ts";
import { findHub, type Target } from "./find-hub.ts";
import { follow, unfollow } from "./follow.ts";
import { helpOf, helpOfAll } from "./help.ts";
import { inbox } from "./inbox.ts";
import { keys } from "./keys.ts";
import { Output } from "./output.ts";
import { publish } from "./publish.ts";
import { tail } from "./tail.ts";
import { token } from "./token.ts";

const NODE_OLDEST = 20;

// An older Node would fail somewhere in the minified bundle, and print its one long line.
if (Number.parseInt(process.versions.node, 10) < NODE_OLDEST) {
  console.error(`belfry needs Node ${NODE_OLDEST} or newer, and this is ${process.versions.node}`);
  process.exit(EXIT.usage);
}

/** Inserted by the build, from package.json. */
declare const VERSION: string;

const COMMANDS: readonly Command[] = [publish, tail, inbox, follow, unfollow, token, keys, doctor];

async function main([name, ...args]: string[]): Promise<ExitCode> {
  const { stdin, stdout, stderr, env } = process;
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) return mainWithoutCommand(name, args);
  let output = new Output({ stdout, stderr, json: false, quiet: false });
  let target: Target | undefined;
  try {
    const { operands, options } = readArguments(command, args);
    if (options.flag("help")) {
      stdout.write(`${helpOf(command)}\n`);
      return EXIT.ok;
    }
    output = new Output({
      stdout,
      stderr,
      json: options.flag("json"),
      quiet: options.flag("quiet"),
    });
    const hub = async () => {
      target ??= await findHub(options.text("hub"), { env, cwd: process.cwd() });
      return target;
    };
    await command.run({ operands, options, output, stdin, hub });
    return EXIT.ok;
  } catch (cause) {
    const failure = explain(cause, target?.url);
    if (failure === null) throw cause;
    output.fault(`belfry ${command.name}: ${failure.text}`);
    if (cause instanceof UsageError)
      output.fault(`\`belfry ${command.name} --help\` says how it is called`);
    return failure.code;
  }
}

function mainWithoutCommand(name: string | undefined, args: string[]): ExitCode {
  const { stdout, stderr } = process;
  if (name === "--version") {
    stdout.write(`${VERSION}\n`);
    return EXIT.ok;
  }
  const about = COMMANDS.find((each) => each.name === args[0]);
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const text = about === undefined ? helpOfAll(COMMANDS) : helpOf(about);
    stdout.write(`${text}\n`);
    return EXIT.ok;
  }
  new Output({ stdout, stderr, json: false, quiet: false }).fault(
    `belfry: "${name}" is no command. \`belfry --help\` lists them`,
  );
  return EXIT.usage;
}

// A reader that closes the pipe early, such as `head`, is not an error. `publish` carries on all the same,
// since exiting would drop messages that are not yet sent.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code !== "EPIPE") throw cause;
  if (process.argv[2] !== publish.name) process.exit(EXIT.ok);
});
// Without a reader of stderr the exit code still reports the result.
process.stderr.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code !== "EPIPE") throw cause;
});
// process.exit() would cut off writes that are still pending.
process.exitCode = await main(process.argv.slice(2));
