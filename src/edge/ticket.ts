// The tickets with which an EventSource reconnects when the token in its URL has become too old for a
// URL. A ticket proves that the hub itself has accepted this token before. Decision 0011.

import type { Settings } from "../settings/settings.ts";

const LABEL = "belfry event stream, resume ticket";
const HMAC = { name: "HMAC", hash: "SHA-256" };
const TEXT = new TextEncoder();

/** Returns the ticket for exactly this token, in characters of `[A-Za-z0-9_-]`. */
export async function ticketOf(settings: Settings, token: string): Promise<string> {
  const [secret = ""] = secretsOf(settings);
  return print(await crypto.subtle.sign(HMAC, await keyOf(secret), TEXT.encode(token)));
}

/** Whether the hub issued the ticket for exactly this token, with a secret that it still has. */
export async function isTicketOf(
  settings: Settings,
  token: string,
  ticket: string,
): Promise<boolean> {
  const shown = TEXT.encode(ticket);
  for (const secret of secretsOf(settings)) {
    const signed = await crypto.subtle.sign(HMAC, await keyOf(secret), TEXT.encode(token));
    const right = TEXT.encode(print(signed));
    if (right.length === shown.length && crypto.subtle.timingSafeEqual(right, shown)) return true;
  }
  return false;
}

/**
 * Returns the secrets for tickets. Without JWT_SECRETS they are the digests of the API keys, secret too.
 */
function secretsOf({ jwtSecrets, apiKeys }: Settings): readonly string[] {
  return jwtSecrets.length > 0 ? jwtSecrets : [JSON.stringify(apiKeys)];
}

/** Derives a separate key, so that a ticket is not a valid signature of anything else. */
async function keyOf(secret: string): Promise<CryptoKey> {
  const label = await crypto.subtle.sign(
    HMAC,
    await imported(TEXT.encode(secret)),
    TEXT.encode(LABEL),
  );
  return imported(label);
}

function imported(raw: BufferSource): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, HMAC, false, ["sign"]);
}

function print(signed: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(signed)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
