// Work that began before an erase, during one, or beside two.

import { expect, it } from "vitest";
import { Life } from "../../src/inbox/life.ts";

it("[LOG14] what began before an erase does not go on once the erase has begun, nor after it", () => {
  const life = new Life();
  const requireSameLife = life.enter();
  expect(requireSameLife).not.toThrow();
  const end = life.end();
  expect(requireSameLife).toThrow();
  end();
  expect(requireSameLife).toThrow();
});

it("[LOG14] nothing begins while an erase is under way, of two until the last has ended", () => {
  const life = new Life();
  const ends = [life.end(), life.end()] as const;
  expect(() => life.enter()).toThrow();
  ends[0]();
  expect(() => life.enter()).toThrow();
  ends[1]();
  expect(life.enter()).not.toThrow();
});
