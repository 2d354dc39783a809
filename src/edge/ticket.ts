// What lets an EventSource come back with the token in its URL after that token has become too old for
// a URL: proof that the hub itself has let this token in before. Decision 0011.

import type { Settings } from "../settings/settings.ts";

const LABEL = "belfry event stream, resume ticket";
const HMAC = { name: "HMAC", hash: "SHA-256" };
const TEXT = new TextEncoder();

/** A ticket for exactly this token, of `[A-Za-z0-9_-]`. */
export async function ticketOf(settings: Settings, token: string): Promise<string> {
  const [secret = ""] = secretsOf(settings);
  return print(await crypto.subtle.sign(HMAC, await keyOf(secret), TEXT.encode(token)));
}

/** Whether the hub gave out the ticket for exactly this token, by a secret that it still has. */
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

/** A hub without JWT_SECRETS has the digests of its API keys, which are a secret too. */
function secretsOf({ jwtSecrets, apiKeys }: Settings): readonly string[] {
  return jwtSecrets.length > 0 ? jwtSecrets : [JSON.stringify(apiKeys)];
}

/** A key of its own, so that a ticket is no signature of anything else. */
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
