// The secrets of a hub in development: made once, kept in the checkout, ignored by git.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KeyFault, newKey, newSecret } from "./credentials.ts";

/**
 * Takes a folder, and makes the secrets if it has no .dev.vars; returns the development API key. Throws
 * a KeyFault if .dev.vars is there without .dev.key.
 */
export function developmentKey(folder: string): string {
  const [varsFile, keyFile] = [join(folder, ".dev.vars"), join(folder, ".dev.key")];
  if (existsSync(varsFile)) {
    if (existsSync(keyFile)) return readFileSync(keyFile, "utf8").trim();
    // The file may be written by hand: wrangler reads it with or without this script.
    throw new KeyFault(
      `.dev.vars is there, and .dev.key is not. Put a key of its API_KEYS into .dev.key,
or delete .dev.vars to get new secrets.`,
    );
  }
  const { key, entry } = newKey("dev");
  const vars = [
    "# Made by `npm start` for development only. Delete it to get new secrets.",
    `API_KEYS='${JSON.stringify([entry])}'`,
    `JWT_SECRETS='${newSecret()}'`,
    "ALLOWED_ORIGINS='*'",
    "",
  ];
  writeFileSync(varsFile, vars.join("\n"), { mode: 0o600 });
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  return key;
}
