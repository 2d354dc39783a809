// The hub's record of an API key, which never contains the key itself.

export const SCOPES = ["publish", "read", "manage", "tokens"] as const;
/** publish: send; read: lists, history, export, connect; manage: change and erase; tokens: mint. */
export type Scope = (typeof SCOPES)[number];

/** One entry of the secret API_KEYS. `sha256` is of the whole key, in lower-case hex. */
export interface ApiKey {
  name: string;
  sha256: string;
  scopes: readonly Scope[];
}
