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
 * client never sees its close complete. 1005 is "no code", which may not be sent; 1006 and 1015
 * mean that the connection is gone already.
 */
export function answerClose(ws: WebSocket, code: number, reason: string): void {
  try {
    if (code === 1005) ws.close();
    else if (code !== 1006 && code !== 1015) ws.close(code, reason);
  } catch {
    // A code that may be received and not sent, or a socket that is closed already.
  }
}
