// Work around an erase: begun before it, during it, or during two at once.

import { expect, it } from "vitest";
import { ErasureGate } from "../../src/inbox/erasure-gate.ts";

it("[LOG14] work that began before an erase is refused once the erase has begun, and after it", () => {
  const gate = new ErasureGate();
  const requireSameLife = gate.enter();
  expect(requireSameLife).not.toThrow();
  const end = gate.close();
  expect(requireSameLife).toThrow();
  end();
  expect(requireSameLife).toThrow();
});

it("[LOG14] no work begins during an erase, nor until the last of two erases has ended", () => {
  const gate = new ErasureGate();
  const ends = [gate.close(), gate.close()] as const;
  expect(() => gate.enter()).toThrow();
  ends[0]();
  expect(() => gate.enter()).toThrow();
  ends[1]();
  expect(gate.enter()).not.toThrow();
});
