// Writes the few short frames a client must send: masked, as RFC 6455 §5.3 asks. The mask is zero,
// which is a valid mask and leaves the payload as it is.

import { OPCODE_PONG, OPCODE_TEXT } from "./frame-reader.ts";

const SHORT_BYTES_MAX = 125;

export function textFrame(text: string): Buffer {
  return frame(OPCODE_TEXT, Buffer.from(text));
}

export function pongFrame(): Buffer {
  return frame(OPCODE_PONG, Buffer.alloc(0));
}

function frame(opcode: number, payload: Buffer): Buffer {
  if (payload.length > SHORT_BYTES_MAX) throw new Error("The generator sends short frames only.");
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
