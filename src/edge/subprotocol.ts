// The offer of a client in Sec-WebSocket-Protocol: our protocol and, from browsers, which cannot set
// headers of their own, a token.

import { SUBPROTOCOL } from "../socket/upgrade.ts";

const TOKEN_PREFIX = "bearer.";

export interface SubprotocolOffer {
  isUpgrade: boolean;
  /**
   * The version of our protocol that an upgrade offers, if possible the one that this hub speaks; null
   * when it offers none.
   */
  protocol: string | null;
  /** The token among the offered protocols. The answer never repeats it. */
  token: string | null;
}

export function offerOf(request: Request): SubprotocolOffer {
  const isUpgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
  const header = request.headers.get("sec-websocket-protocol");
  if (header === null) return { isUpgrade, protocol: null, token: null };
  const items = header.split(",").map((item) => item.trim());
  const find = (prefix: string) => items.find((item) => item.startsWith(prefix)) ?? null;
  const protocol = items.includes(SUBPROTOCOL) ? SUBPROTOCOL : find("belfry.");
  const token = find(TOKEN_PREFIX)?.slice(TOKEN_PREFIX.length) ?? null;
  return { isUpgrade, protocol: isUpgrade ? protocol : null, token };
}
