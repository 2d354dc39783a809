// The one alarm of an object and its parts, over a storage that is slow or fails.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Alarm, type AlarmPart } from "../../src/live/alarm.ts";

/** A storage that answers `getAlarm` when the test lets it. */
class SlowStorage {
  readonly set: number[] = [];
  readonly #found: number | null;
  #answer: (() => void) | null = null;
  #failure: Error | null = null;

  constructor(found: number | null) {
    this.#found = found;
  }

  getAlarm(): Promise<number | null> {
    return new Promise((resolve) => {
      this.#answer = () => resolve(this.#found);
    });
  }

  async setAlarm(at: number | Date): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    this.set.push(Number(at));
  }

  answer(): void {
    this.#answer?.();
  }

  fail(failure: Error | null): void {
    this.#failure = failure;
  }
}

/** A part that is due at one time after the other, and records when it runs. */
class Part implements AlarmPart {
  readonly times: number[];
  readonly ran: number[] = [];
  failures = 0;

  constructor(times: number[]) {
    this.times = times;
  }

  due(): number | null {
    return this.times[0] ?? null;
  }

  async run(): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error("in vain");
    }
    this.ran.push(clock.now);
    while ((this.times[0] ?? Number.POSITIVE_INFINITY) <= clock.now) this.times.shift();
  }
}

const clock = { now: 0 };
const lines: string[] = [];

beforeEach(() => {
  clock.now = 0;
  lines.length = 0;
  vi.spyOn(console, "error").mockImplementation((line) => lines.push(String(line)));
});
afterEach(() => {
  vi.restoreAllMocks();
});

function alarmOf<Name extends string>(parts: Record<Name, Part>, found: number | null = null) {
  const storage = new SlowStorage(found);
  return { storage, alarm: new Alarm(storage, () => clock.now, parts) };
}

/** Returns an alarm of one part that has read its time from storage. */
async function known(found: number | null, ...times: number[]) {
  const part = new Part([found ?? 9_000, ...times]);
  const { storage, alarm } = alarmOf({ part }, found);
  const first = alarm.arm("part");
  storage.answer();
  await first;
  storage.set.length = 0;
  return { storage, alarm, part };
}

/** Fires the alarm as the platform does, at each time that is set, until none is left. */
async function fireAll(alarm: Alarm<string>, storage: SlowStorage): Promise<void> {
  for (let fired = 0; storage.set.length > 0 && fired < 20; fired++) {
    clock.now = storage.set.at(-1) as number;
    storage.set.length = 0;
    await alarm.fired();
  }
}

const NAMES = ["delivery", "idle", "log", "push"] as const;
const PAIRS = NAMES.flatMap((one) => NAMES.filter((two) => two !== one).map((two) => [one, two]));

it.each(PAIRS)("an alarm for %s, then for %s, fires for both at their times", async (one, two) => {
  for (const [first, second] of [
    [100, 200],
    [200, 100],
    [150, 150],
  ] as [number, number][]) {
    const parts = Object.fromEntries(NAMES.map((name) => [name, new Part([])]));
    (parts[one] as Part).times.push(first, first + 1_000);
    (parts[two] as Part).times.push(second, second + 500);
    const { storage, alarm } = alarmOf(parts);
    const armed = alarm.arm(one as string);
    storage.answer();
    await armed;
    await alarm.arm(two as string);
    await fireAll(alarm, storage);
    expect(parts[one]?.ran).toEqual([first, first + 1_000]);
    expect(parts[two]?.ran).toEqual([second, second + 500]);
    clock.now = 0;
  }
});

it("a part that has not armed the alarm is not forgotten when it fires for another", async () => {
  const parts = { one: new Part([100]), two: new Part([300]) };
  const { storage, alarm } = alarmOf(parts);
  const armed = alarm.arm("one");
  storage.answer();
  await armed;
  await fireAll(alarm, storage);
  expect([parts.one.ran, parts.two.ran]).toEqual([[100], [300]]);
});

it("a part that fails runs again after a minute, and the others run", async () => {
  const parts = { one: new Part([100]), two: new Part([100, 50_000]) };
  parts.one.failures = 2;
  const { storage, alarm } = alarmOf(parts);
  const armed = alarm.arm("one");
  storage.answer();
  await armed;
  await fireAll(alarm, storage);
  expect(parts.one.ran).toEqual([120_100]);
  expect(parts.two.ran).toEqual([100, 50_000]);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { event: "alarm_failed", part: "one", cause: "Error: in vain" },
    { event: "alarm_failed", part: "one", cause: "Error: in vain" },
  ]);
});

it("a part may have work before it is due", async () => {
  const eager = Object.assign(new Part([900]), { hasWork: () => true });
  const { storage, alarm } = alarmOf({ eager, log: new Part([100]) });
  const armed = alarm.arm("log");
  storage.answer();
  await armed;
  storage.set.length = 0;
  clock.now = 100;
  await alarm.fired();
  expect(eager.ran).toEqual([100]);
  expect(storage.set).toEqual([900]);
});

it("an alarm that no part expects is for all of them", async () => {
  const parts = { one: new Part([500]), two: new Part([]) };
  const { storage, alarm } = alarmOf(parts);
  clock.now = 100;
  await alarm.fired();
  expect([parts.one.ran, parts.two.ran]).toEqual([[100], [100]]);
  expect(storage.set).toEqual([500]);
});

it("a part that cannot say when it is due runs again after a minute, and stops no other", async () => {
  const broken = new Part([]);
  vi.spyOn(broken, "due").mockImplementation(() => {
    throw new Error("no room");
  });
  vi.spyOn(broken, "run").mockRejectedValue(new Error("no room"));
  const sound = new Part([100]);
  const { storage, alarm } = alarmOf({ broken, sound });
  clock.now = 100;
  await alarm.fired();
  expect(sound.ran).toEqual([100]);
  expect(storage.set).toEqual([60_100]);
});

it("an alarm that could not be set is set by the next call", async () => {
  const { storage, alarm, part } = await known(null);
  storage.fail(new Error("no room"));
  part.times[0] = 5_000;
  await expect(alarm.arm("part")).rejects.toThrow("no room");
  storage.fail(null);
  part.times[0] = 6_000;
  const again = alarm.arm("part");
  storage.answer();
  await again;
  expect(storage.set).toEqual([6_000]);
});

it("an alarm that is set while another call reads storage is not forgotten", async () => {
  const part = new Part([90_000]);
  const { storage, alarm } = alarmOf({ part });
  const later = alarm.arm("part");
  part.times.unshift(1_000);
  part.failures = 1;
  clock.now = 1_000;
  await alarm.fired();
  storage.answer();
  await later;
  // The failed work is tried again a minute later; the call that read storage must not postpone it.
  expect(storage.set).toEqual([61_000]);
  await alarm.arm("part");
  expect(storage.set).toEqual([61_000]);
});

it("a set alarm stays for the same time or a later one, and an earlier time replaces it", async () => {
  const { storage, alarm, part } = await known(5_000);
  for (const at of [5_000, 7_000, 4_999]) {
    part.times[0] = at;
    await alarm.arm("part");
    expect(storage.set).toEqual(at === 4_999 ? [4_999] : []);
  }
});

it("a part that is never due sets no alarm, and reads none", async () => {
  const { storage, alarm } = alarmOf({ part: new Part([]) });
  const look = vi.spyOn(storage, "getAlarm");
  await alarm.arm("part");
  await alarm.fired();
  expect([look.mock.calls, storage.set]).toEqual([[], []]);
});

it("an alarm that was erased is set again", async () => {
  const { storage, alarm, part } = await known(5_000);
  alarm.erased();
  part.times[0] = 7_000;
  await alarm.arm("part");
  expect(storage.set).toEqual([7_000]);
});
