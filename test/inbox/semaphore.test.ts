// So many turns at once; the others wait in the order in which they came.

import { expect, it } from "vitest";
import { Semaphore } from "../../src/inbox/semaphore.ts";

/** Asks for so many turns; `begun` lists those that have begun, in order. */
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

/** Waits until the callbacks of all promises resolved by now have run. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

it("[SUB10] turns are first come first served and no more than the limit at once, however many wait", async () => {
  const turns = new Semaphore(2);
  const { begun, end } = takenBy(turns, 6);
  for (let n = 0; n < 4; n++) {
    await settled();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5].slice(0, 2 + n));
    end(n);
  }
  // The last two turns have not ended, so both places are taken.
  const late = takenBy(turns, 2);
  await settled();
  expect(late.begun).toEqual([]);
  end(4);
  await settled();
  expect(late.begun).toEqual([0]);
});

it("[SUB10] a place freed while nobody waits is there for the next", async () => {
  const turns = new Semaphore(1);
  (await turns.acquire())();
  const { begun } = takenBy(turns, 2);
  await settled();
  expect(begun).toEqual([0]);
});
