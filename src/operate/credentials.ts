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

/** Takes a name of a-z 0-9 - and what the key may do; gives a new key. Throws on another name. */
export function newKey(name: string, scopes: readonly Scope[] = SCOPES): NewKey {
  if (!KEY_NAME.test(name))
    throw new Error(`a key's name is 1 to 32 of a-z 0-9 -, and "${name}" is not`);
  const key = `bk_${name}_${randomBytes(24).toString("base64url")}`;
  return { key, entry: { name, sha256: createHash("sha256").update(key).digest("hex"), scopes } };
}

/** A secret for HS256: 256 bits, as RFC 7518 §3.2 asks. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}
