// API keys and secrets: how to make and set them. Runs in Node on the deployer's machine; none of it is
// deployed.

import { createHash, randomBytes } from "node:crypto";
import { type ApiKey, SCOPES, type Scope } from "../protocol/api-key.ts";
import { HUB_SOURCE } from "../protocol/message.ts";

/** Excludes a leading `-`: such an argument is a misunderstood option, not a name. */
const KEY_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

export interface NewKey {
  /** The key itself, for the backend; the hub never stores it. */
  key: string;
  /** The entry for the key in the hub's secret API_KEYS. */
  entry: ApiKey;
}

/** Thrown when a key cannot be made or found as requested. The message names the reason. */
export class KeyFault extends Error {}

/**
 * Takes a name of a-z 0-9 - and the scopes; returns a new key. Throws a KeyFault for a name that is
 * malformed or reserved.
 */
export function newKey(name: string, scopes: readonly Scope[] = SCOPES): NewKey {
  if (!KEY_NAME.test(name))
    throw new KeyFault(
      `a key's name is 1 to 32 of a-z 0-9 -, without a - at the beginning, and "${name}" is not`,
    );
  if (name === HUB_SOURCE)
    throw new KeyFault(`"${name}" is the source of the hub's own messages: choose another name`);
  const key = `bk_${name}_${randomBytes(24).toString("base64url")}`;
  return { key, entry: { name, sha256: createHash("sha256").update(key).digest("hex"), scopes } };
}

/** Returns a secret for HS256: 256 bits, as RFC 7518 §3.2 requires. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Takes a list such as `publish,read`, or undefined for all scopes; returns the scopes. Throws a
 * KeyFault that names an unknown one.
 */
export function parseScopes(list: string | undefined): readonly Scope[] {
  const scopes = (list?.split(",") ?? SCOPES) as Scope[];
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown === undefined) return scopes;
  throw new KeyFault(`"${unknown}" is no scope: choose of ${SCOPES.join(", ")}`);
}

/** Returns text to read once: a new key in full, and how to set it and a new secret. */
export function keyInstructions({ key, entry }: NewKey): string {
  return `
API key, for your backend. It is shown this once:

  ${key}

Its digest, which is all the hub knows of it:

  ${entry.sha256}

Set it. This replaces the whole list of keys, and a secret cannot be read back: so keep the list in a safe
place, and where the hub has keys already, put their entries into it too. Those left out work no more.

  echo '${JSON.stringify([entry])}' | npx wrangler secret put API_KEYS

----

Only once, for a new hub, and not with JWKS_URL: the secret that users' tokens are signed with. On a hub
that has one, this ends the token of every user. Keep it too: to rotate it, you set a JSON list of a new
one and this one.

  echo '${newSecret()}' | npx wrangler secret put JWT_SECRETS
`;
}
