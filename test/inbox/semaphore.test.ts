// So many at once, and the others in the order in which they came.

import { expect, it } from "vitest";
import { Semaphore } from "../../src/inbox/semaphore.ts";

/** Takes a turn for each of so many; `begun` are those whose turn has come, in that order. */
function takenBy(turns: Semaphore, count: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  for (let n = 0; n < count; n++)
    void turns.acquire().then((end) => {
      begun.push(n);
      ends[n] = end;
    });
  return { begun, end: (n: number) => ends[n]?.() };
}

/** What is resolved by now has gone on. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

it("[SUB10] no more have their turn than may, first come first served, however many wait", async () => {
  const turns = new Semaphore(2);
  const { begun, end } = takenBy(turns, 6);
  for (let n = 0; n < 4; n++) {
    await settled();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5].slice(0, 2 + n));
    end(n);
  }
  // Two are left, and have not made room for more than themselves.
  const late = takenBy(turns, 2);
  await settled();
  expect(late.begun).toEqual([]);
  end(4);
  await settled();
  expect(late.begun).toEqual([0]);
});

it("[SUB10] a turn that nobody waited for is there for the next", async () => {
  const turns = new Semaphore(1);
  (await turns.acquire())();
  const { begun } = takenBy(turns, 2);
  await settled();
  expect(begun).toEqual([0]);
});
