// How a socket ends, from either side.

import { CLOSES, type CloseCode } from "../protocol/close.ts";
import { printDisconnect } from "../protocol/down.ts";

/** Tells the client why and whether to come back, then closes. */
export function disconnect(ws: WebSocket, code: CloseCode): void {
  if (ws.readyState !== WebSocket.OPEN) return;
  try {
    ws.send(printDisconnect(code));
    ws.close(code, CLOSES[code]);
  } catch {
    // The peer went first. There is nobody left to tell.
  }
}

/**
 * Answers the client's close. The runtime does not do it for hibernatable sockets: without this the
 * client never sees its close complete, and a lost connection keeps its file descriptors. 1005, 1006
 * and 1015 say that no code came, and may not be sent (RFC 6455 §7.4.1).
 */
export function answerClose(ws: WebSocket, code: number, reason: string): void {
  try {
    if (code === 1005 || code === 1006 || code === 1015) ws.close();
    else ws.close(code, reason);
  } catch {
    // A code that may be received and not sent, or a socket that is closed already.
  }
}
