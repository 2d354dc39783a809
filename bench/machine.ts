// The machine under the bench: its description, the CPU of a process, and the process's usage. Usage is
// read from /proc, so the bench runs on Linux.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

export const SERVER_CPU = 0;
export const GENERATOR_CPU = 1;

/** The kernel counts CPU time in ticks of 1/100 s on every common build. */
const TICK_MS = 10;

/** True if `taskset` is installed and there are two CPUs. */
export const canPin = availableParallelism() > 1 && hasTaskset();

/** Moves this process, all its threads included, to the generator's CPU. */
export function pinGenerator(): void {
  if (!canPin) return;
  execFileSync("taskset", ["-a", "-c", "-p", String(GENERATOR_CPU), String(process.pid)]);
}

/** Returns the CPU time that a process and its threads have used. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Returns the memory of a process that is in RAM. */
export function residentKiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  isPinned: boolean;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    isPinned: canPin,
  };
}

function hasTaskset(): boolean {
  try {
    execFileSync("taskset", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    // Without taskset the bench runs unpinned, and says so beside its results.
    return false;
  }
}
