// Starts the process of a server under test, learns its port and ends it. Only processes started
// here are ever signalled, each by its own pid.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { within } from "../generator/deadline.ts";
import { canPin, SERVER_CPU } from "../machine.ts";

export interface Child {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

export interface Command {
  file: string;
  args: readonly string[];
  cwd?: string;
  /** The file descriptor on which it prints one JSON line with its `port`. */
  portFd: 1 | 3;
}

const START_MS_MAX = 20_000;
const STOP_MS_MAX = 5000;
const LOG_CHARACTERS_KEPT = 2000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export async function startChild(command: Command): Promise<Child> {
  const [file, args] = canPin
    ? ["taskset", ["-c", String(SERVER_CPU), command.file, ...command.args]]
    : [command.file, command.args];
  const child = spawn(file, args, {
    ...(command.cwd ? { cwd: command.cwd } : {}),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  running.add(child);
  let log = "";
  const keepLog = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-LOG_CHARACTERS_KEPT);
  };
  child.stderr?.on("data", keepLog);
  if (command.portFd !== 1) child.stdout?.on("data", keepLog);

  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    // A server under test holds nothing worth saving, so it is not asked to finish first.
    child.kill("SIGKILL");
    await within(STOP_MS_MAX, `the end of process ${child.pid}`, exited);
    running.delete(child);
  };
  try {
    const output = child.stdio[command.portFd] as Readable;
    const failed = exited.then(() => Promise.reject(new Error("It ended.")));
    const port = await within(START_MS_MAX, "a server", Promise.race([readPort(output), failed]));
    return { pid: child.pid ?? 0, port, stop };
  } catch (cause) {
    await stop();
    throw new Error(`${command.file} did not start. ${log}`, { cause });
  }
}

function readPort(output: Readable): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    output.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const port = /"port":\s*(\d+)/.exec(text);
      if (port) resolve(Number(port[1]));
    });
    output.on("error", reject);
  });
}
