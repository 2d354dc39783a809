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
 * Answers the client's close, whatever came with it. The runtime does not do it for hibernatable
 * sockets: without this the client never sees its close complete, and a lost connection keeps its file
 * descriptors. A code that may not be sent (RFC 6455 §7.4) is answered without one.
 */
export function answerClose(ws: WebSocket, code: number, reason: string): void {
  try {
    if (isSendable(code)) ws.close(code, withinBytes(reason, REASON_BYTES_MAX));
    else ws.close();
  } catch {
    // The socket is closed already.
  }
}

/** A close frame has 125 bytes, two of them for the code. */
const REASON_BYTES_MAX = 123;

/** 1004, 1005, 1006 and 1015 are reserved: they say that no code came. */
function isSendable(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** The beginning of a text that fits, cut between two characters. */
function withinBytes(text: string, bytesMax: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax));
  return text.slice(0, read);
}
