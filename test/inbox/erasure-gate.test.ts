// Work that began before an erase, during one, or beside two.

import { expect, it } from "vitest";
import { ErasureGate } from "../../src/inbox/erasure-gate.ts";

it("[LOG14] what began before an erase does not go on once the erase has begun, nor after it", () => {
  const gate = new ErasureGate();
  const requireSameLife = gate.enter();
  expect(requireSameLife).not.toThrow();
  const end = gate.close();
  expect(requireSameLife).toThrow();
  end();
  expect(requireSameLife).toThrow();
});

it("[LOG14] nothing begins while an erase is under way, of two until the last has ended", () => {
  const gate = new ErasureGate();
  const ends = [gate.close(), gate.close()] as const;
  expect(() => gate.enter()).toThrow();
  ends[0]();
  expect(() => gate.enter()).toThrow();
  ends[1]();
  expect(gate.enter()).not.toThrow();
});
