// How a socket must end: told why and whether to come back, then closed with the same code.

import { expect } from "vitest";
import { CLOSES, type CloseCode } from "../../src/protocol/close.ts";
import type { ObjectSocket } from "./object.ts";

/** Waits for the end; gives the frames that came before it and were not taken yet. */
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
