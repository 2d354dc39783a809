// What a WebSocket client offers in Sec-WebSocket-Protocol: our protocol and, from browsers, which
// can send no headers of their own, a token.

import { SUBPROTOCOL } from "../socket/upgrade.ts";

const TOKEN_PREFIX = "bearer.";

function offers(request: Request): string[] {
  const header = request.headers.get("sec-websocket-protocol");
  return header === null ? [] : header.split(",").map((item) => item.trim());
}

export function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** The version of ours that the client offered, the one we speak first; null when it offered none. */
export function offeredProtocol(request: Request): string | null {
  if (!isUpgrade(request)) return null;
  const offered = offers(request);
  if (offered.includes(SUBPROTOCOL)) return SUBPROTOCOL;
  return offered.find((item) => item.startsWith("belfry.")) ?? null;
}

/** The token among the offered protocols; it is never echoed. */
export function offeredToken(request: Request): string | null {
  const item = offers(request).find((offer) => offer.startsWith(TOKEN_PREFIX));
  return item === undefined ? null : item.slice(TOKEN_PREFIX.length);
}
