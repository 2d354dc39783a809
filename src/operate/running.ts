// The address of a hub that runs, left in a file for those who look for it.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const ANSWER_MS_MAX = 2_000;

const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trim() : null);

/**
 * Takes a file and the development key; gives the address in it if a hub answers there, else null. A hub
 * that was killed has left its address, where another program may listen by now: that has another key.
 */
export async function runningHub(file: string, key: string): Promise<string | null> {
  const url = read(file);
  if (url === null) return null;
  try {
    const { ok } = await fetch(`${url}/v1/users/ada/notifications?limit=1`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    return ok ? url : null;
  } catch {
    return null;
  }
}

export function leaveAddress(file: string, url: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${url}\n`);
}

/** Removes it where it is still the hub's own: another may have been started meanwhile. */
export function removeAddress(file: string, url: string | undefined): void {
  if (read(file) === url) rmSync(file);
}
