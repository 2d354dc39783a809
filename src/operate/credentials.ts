// Making API keys and secrets. Runs in Node, on the deployer's machine; nothing of it is deployed.

import { createHash, randomBytes } from "node:crypto";
import { type ApiKey, SCOPES, type Scope } from "../protocol/api-key.ts";

const KEY_NAME = /^[a-z0-9-]{1,32}$/;

export interface NewKey {
  /** The key itself, for the backend; the hub never stores it. */
  key: string;
  /** What the hub's secret API_KEYS holds of it. */
  entry: ApiKey;
}

/** What is asked of a new key cannot be had. The message says why. */
export class KeyFault extends Error {}

/** Takes a name of a-z 0-9 - and what the key may do; gives a new key. Throws a KeyFault. */
export function newKey(name: string, scopes: readonly Scope[] = SCOPES): NewKey {
  if (!KEY_NAME.test(name))
    throw new KeyFault(`a key's name is 1 to 32 of a-z 0-9 -, and "${name}" is not`);
  const key = `bk_${name}_${randomBytes(24).toString("base64url")}`;
  return { key, entry: { name, sha256: createHash("sha256").update(key).digest("hex"), scopes } };
}

/** A secret for HS256: 256 bits, as RFC 7518 §3.2 asks. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Takes `publish,read`, or nothing for all; throws a KeyFault that names what is no scope. */
export function parseScopes(list: string | undefined): readonly Scope[] {
  const scopes = (list?.split(",") ?? SCOPES) as Scope[];
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown === undefined) return scopes;
  throw new KeyFault(`"${unknown}" is no scope: choose of ${SCOPES.join(", ")}`);
}

/** A new key in full, and how to set it and a new secret: for a person to read, once. */
export function keyInstructions({ key, entry }: NewKey): string {
  return `
API key, for your backend. It is shown this once:

  ${key}

Its digest, which is all the hub knows of it:

  ${entry.sha256}

Set it. API_KEYS is a list: to add a key, put the new entry beside those you have.

  echo '${JSON.stringify([entry])}' | npx wrangler secret put API_KEYS

The secret that users' tokens are signed with, unless you set JWKS_URL. To rotate it, set a JSON
list of the new one and the previous one.

  echo '${newSecret()}' | npx wrangler secret put JWT_SECRETS
`;
}
