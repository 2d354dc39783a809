// The setting of a run: machine, versions, date. Figures without it say nothing.

import { execFileSync } from "node:child_process";
import { PAYLOAD_BYTES } from "../generator/payload.ts";
import { describeMachine, type Machine } from "../machine.ts";
import type { Options } from "../options.ts";
import { packageVersion } from "../servers/node.ts";
import { workerdBinary } from "../servers/workerd.ts";
import { PROJECT } from "../servers/wrangler.ts";

export interface Setting {
  date: string;
  commit: string | undefined;
  machine: Machine;
  versions: Record<string, string>;
  rounds: number;
  seconds: number;
}

export function describeSetting({ servers, rounds, seconds }: Options): Setting {
  // Only servers that ran are named; a baseline that was left out need not be installed.
  const packages = ["ws", "socket.io"].filter((name) => servers.some((one) => one === name));
  const versions = packages.map((name): [string, string] => [name, packageVersion(name)]);
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: describeMachine(),
    versions: {
      workerd: workerdBinary().version,
      node: process.version.slice(1),
      ...Object.fromEntries(versions),
    },
    rounds,
    seconds,
  };
}

export function settingText(setting: Setting): string {
  const { machine, versions, rounds, seconds } = setting;
  const pinned = machine.isPinned ? "server and generator pinned to a core each" : "not pinned";
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const commitText = setting.commit ? `, commit ${setting.commit}` : "";
  return [
    `${setting.date}${commitText}. ${machine.cpu}, ${machine.cores} cores, `,
    `${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${pinned}. ${named.join(", ")}. `,
    `${rounds} rounds, ${seconds} s a row, ${PAYLOAD_BYTES}-byte messages.`,
  ].join("");
}

function commit(): string | undefined {
  try {
    const args = ["-C", PROJECT, "rev-parse", "--short", "HEAD"];
    return execFileSync("git", args, { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    // A copy without its history still runs the bench; its results then name no commit.
    return undefined;
  }
}
