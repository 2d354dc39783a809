// The address of a running hub, left in a file for the programs that look for it.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { holdsKey } from "../console/server/proof.ts";

const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trim() : null);

/**
 * Returns the address in a file if the hub with the development key answers there, else null. A hub that
 * was killed leaves its address behind, and another program may listen there by now.
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

/** Removes the file if it still holds this hub's address: another may have started since. */
export function removeAddress(file: string, url: string | undefined): void {
  if (read(file) === url) rmSync(file);
}
