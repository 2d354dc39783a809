// The end of a socket: a frame with the reason and whether to come back, then a close with the same code.

import { expect } from "vitest";
import { CLOSES, type CloseCode } from "../../src/protocol/close.ts";
import type { ObjectSocket } from "./object.ts";

/** Waits for the end; returns the frames before it that were not taken yet. */
export async function expectEnd(socket: ObjectSocket, code: CloseCode) {
  const { code: closed } = await socket.nextClose();
  const frames = socket.frames.splice(0);
  expect(frames.pop()).toEqual({
    type: "disconnect",
    code,
    reason: CLOSES[code],
    reconnect: code < 4500,
  });
  expect(closed).toBe(code);
  return frames;
}
