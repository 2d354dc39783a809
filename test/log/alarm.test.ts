// The one alarm of an object, over a storage that is slow or fails.

import { afterEach, expect, it, vi } from "vitest";
import { Alarm } from "../../src/log/alarm.ts";

/** A storage whose calls are answered when the test says so. */
function slowStorage(found: number | null) {
  const set: number[] = [];
  let looked: (at: number | null) => void = () => undefined;
  let failure: Error | null = null;
  return {
    set,
    getAlarm: () =>
      new Promise<number | null>((resolve) => {
        looked = resolve;
      }),
    setAlarm: async (at: number | Date) => {
      if (failure !== null) throw failure;
      set.push(Number(at));
    },
    answer: () => looked(found),
    fail: (with_: Error | null) => {
      failure = with_;
    },
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

async function known(found: number | null) {
  const storage = slowStorage(found);
  const alarm = new Alarm(storage as unknown as DurableObjectStorage);
  const first = alarm.by(found ?? 9_000);
  storage.answer();
  await first;
  storage.set.length = 0;
  return { storage, alarm };
}

it("an alarm that could not be set is not believed to be set", async () => {
  const { storage, alarm } = await known(null);
  storage.fail(new Error("no room"));
  await expect(alarm.by(5_000)).rejects.toThrow("no room");
  storage.fail(null);
  const again = alarm.by(6_000);
  storage.answer();
  await again;
  expect(storage.set).toEqual([6_000]);
});

it("an alarm that another call sets while one looks is not forgotten", async () => {
  const storage = slowStorage(null);
  const alarm = new Alarm(storage as unknown as DurableObjectStorage);
  const later = alarm.by(90_000);
  const answerToTheFirst = storage.answer;
  const ringing = alarm.ring(
    async () => {
      throw new Error("in vain");
    },
    () => 1_000,
  );
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await ringing;
  answerToTheFirst();
  await later;
  // The failed work is tried again a minute later; the call that looked must not put it off.
  expect(storage.set).toEqual([61_000]);
  await alarm.by(95_000);
  expect(storage.set).toEqual([61_000]);
});

it("an alarm at the same time or before stands for a later one, and a sooner one replaces it", async () => {
  const { storage, alarm } = await known(5_000);
  await alarm.by(5_000);
  await alarm.by(7_000);
  expect(storage.set).toEqual([]);
  await alarm.by(4_999);
  expect(storage.set).toEqual([4_999]);
});

it("an alarm that was erased is set again", async () => {
  const { storage, alarm } = await known(5_000);
  alarm.gone();
  await alarm.by(7_000);
  expect(storage.set).toEqual([7_000]);
});
