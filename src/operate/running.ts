// The address of a hub that runs, left in a file for those who look for it.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { holdsKey } from "../console/server/proof.ts";

const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trim() : null);

/**
 * Returns the address in a file if the hub that holds the development key answers there, else null. A hub
 * that was killed has left its address, where another program may listen by now.
 */
export async function runningHub(file: string, key: string): Promise<string | null> {
  const url = read(file);
  if (url === null) return null;
  return (await holdsKey(url, key).catch(() => false)) ? url : null;
}

export function leaveAddress(file: string, url: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${url}\n`);
}

/** Removes it where it is still the hub's own: another may have been started meanwhile. */
export function removeAddress(file: string, url: string | undefined): void {
  if (read(file) === url) rmSync(file);
}
