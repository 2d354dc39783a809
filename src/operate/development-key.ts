// The secrets of a hub in development: made once, kept beside the checkout, ignored by git.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KeyFault, newKey, newSecret } from "./credentials.ts";

/** Makes what is missing in a folder; gives the development API key. Throws a KeyFault. */
export function developmentKey(folder: string): string {
  const [varsFile, keyFile] = [join(folder, ".dev.vars"), join(folder, ".dev.key")];
  if (existsSync(varsFile)) {
    if (existsSync(keyFile)) return readFileSync(keyFile, "utf8").trim();
    // It may be somebody's own: wrangler reads it with or without this script.
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
