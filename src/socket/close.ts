// The end of a socket, from either side.

import { CLOSES, type CloseCode } from "../protocol/close.ts";
import { printDisconnect } from "../protocol/down.ts";

/** Sends the client the reason and whether to reconnect, then closes the socket. */
export function disconnect(ws: WebSocket, code: CloseCode): void {
  if (ws.readyState !== WebSocket.OPEN) return;
  try {
    ws.send(printDisconnect(code));
    ws.close(code, CLOSES[code]);
  } catch {
    // The peer has already closed the socket.
  }
}

/**
 * Answers every close by the client. The runtime does not answer for hibernatable sockets: without this, the
 * client never sees its close complete, and a lost connection keeps its file descriptors. If a code may not
 * be sent (RFC 6455 §7.4), the answer carries none.
 */
export function answerClose(ws: WebSocket, code: number, reason: string): void {
  try {
    if (isSendable(code)) ws.close(code, withinBytes(reason, REASON_BYTES_MAX));
    else ws.close();
  } catch {
    // The socket is closed already.
  }
}

/** The payload of a close frame has at most 125 bytes, two of them for the code. */
const REASON_BYTES_MAX = 123;

/**
 * Returns whether a close frame may carry the code. 1004, 1005, 1006 and 1015 are reserved: they mean that no
 * code arrived.
 */
function isSendable(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** Returns the beginning of a text that fits into so many bytes, cut between two characters. */
function withinBytes(text: string, bytesMax: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax));
  return text.slice(0, read);
}
