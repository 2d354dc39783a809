// The parts that look after sockets, each by itself: counts, closes, and connections that make room.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CONNECTIONS_MAX, SILENCE_MS, SLOW_MS, UNHEARD_MS } from "../../src/protocol/limits.ts";
import { ANONYMOUS, type Caller } from "../../src/socket/attachment.ts";
import { answerClose, disconnect } from "../../src/socket/close.ts";
import { crowdRefusal, limitRefusal } from "../../src/socket/connection-limit.ts";
import type { Sockets } from "../../src/socket/sockets.ts";
import { TokenBucket } from "../../src/socket/token-bucket.ts";
import { asSocket, FakeSocket, fakeObject } from "../support/fake-sockets.ts";

const NOW = 1_900_000_000_000;
const MIB = 1024 * 1024;
const SWEEP_MS = 10_000;
const clock = () => Date.now();

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const repeat = <T>(count: number, make: () => T) => Array.from({ length: count }, make);

describe("an allowance", () => {
  it("[STA14] allows an amount at once, refills in time, and is no larger after a long rest", () => {
    const allowance = new TokenBucket(2, 1);
    expect([2, 1].map((amount) => allowance.take(amount, NOW))).toEqual([true, false]);
    expect(allowance.has(NOW)).toBe(false);
    expect([1, 1].map((amount) => allowance.take(amount, NOW + 1000))).toEqual([true, false]);
    expect([2, 1].map((amount) => allowance.take(amount, NOW + 86_400_000))).toEqual([true, false]);
  });

  it("[STA14] loses nothing where the clock steps back", () => {
    const allowance = new TokenBucket(2, 1);
    allowance.take(2, NOW);
    expect(allowance.take(1, NOW - 5000)).toBe(false);
    expect(allowance.take(1, NOW - 4000)).toBe(true);
  });
});

describe("a close", () => {
  const answerTo = (code: number, reason = "") => {
    const ws = new FakeSocket();
    answerClose(asSocket(ws), code, reason);
    return ws.closes[0];
  };

  it.each([1000, 1003, 1007, 1014, 3000, 4999])("[SOC9] with %i is answered with it", (code) => {
    expect(answerTo(code, "bye")).toEqual([code, "bye"]);
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535])(
    "[SOC9] with %i, which may not be sent, is answered without a code",
    (code) => {
      expect(answerTo(code)).toEqual([]);
    },
  );

  it("[SOC9] has a reason of 123 bytes at most, cut between characters", () => {
    expect(answerTo(1000, "é".repeat(80))).toEqual([1000, "é".repeat(61)]);
  });

  it("[SOC13] by the hub comes after a single `disconnect` frame", () => {
    const ws = new FakeSocket();
    disconnect(asSocket(ws), 4001);
    disconnect(asSocket(ws), 4002);
    expect(ws.sent).toHaveLength(1);
    expect(JSON.parse(ws.sent[0] as string)).toMatchObject({ type: "disconnect", code: 4001 });
    expect(ws.closes.map(([code]) => code)).toEqual([4001]);
  });
});

describe("a crowd", () => {
  const stranger: Partial<Caller> = { user: null, source: ANONYMOUS };
  const isFull = (sockets: Sockets, caller = stranger) =>
    crowdRefusal(sockets, caller as Caller, 3, Date.now()) !== null;

  it("[CON7] is full by its open connections, for everyone but a backend", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    greeted(sockets, stranger);
    greeted(sockets, stranger);
    expect(isFull(sockets)).toBe(false);
    greeted(sockets, stranger);
    expect(isFull(sockets)).toBe(true);
    expect(isFull(sockets, { user: "ada", source: "user:ada" })).toBe(true);
    expect(isFull(sockets, { user: null, source: "key:orders" })).toBe(false);
  });

  it("[CON7] does not count closing connections, and subtracts none of them twice", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const all = repeat(4, () => greeted(sockets, stranger));
    sockets.sweep(Date.now());
    (all[0] as FakeSocket).readyState = 2;
    for (const closing of [all[0], all[1]] as FakeSocket[]) {
      closing.readyState = 2;
      vi.advanceTimersByTime(SWEEP_MS);
      expect(isFull(sockets)).toBe(closing === all[0]);
    }
    // The closing connections end at last; each of their places is freed once.
    sockets.forget(asSocket(all[0] as FakeSocket));
    sockets.forget(asSocket(all[1] as FakeSocket));
    expect(sockets.size).toBe(2);
    greeted(sockets, stranger);
    expect(isFull(sockets)).toBe(true);
  });
});

describe("a user's connections", () => {
  const fill = (sockets: Sockets, greeted: ReturnType<typeof fakeObject>["greeted"]) =>
    repeat(CONNECTIONS_MAX, () => greeted(sockets));
  const isFull = (sockets: Sockets) => limitRefusal(sockets, "ada", Date.now()) !== null;

  it.each(["warm", "woken"])("[CON7] are counted while they are open, %s", (how) => {
    const { wake, greeted } = fakeObject(clock);
    const first = wake();
    const all = fill(first, greeted);
    const sockets = how === "warm" ? first : wake();
    expect(isFull(sockets)).toBe(true);
    (all[7] as FakeSocket).readyState = 2;
    expect(isFull(sockets)).toBe(false);
  });

  it("[CON7] are not counted once they are gone, nor if they were closing at a waking", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const [gone, closing] = [greeted(sockets), greeted(sockets)];
    closing.readyState = 2;
    expect(sockets.countOf("ada", CONNECTIONS_MAX)).toBe(2);
    sockets.forget(asSocket(gone));
    expect(sockets.countOf("ada", CONNECTIONS_MAX)).toBe(1);
    gone.readyState = 2;
    expect(wake().size).toBe(0);
  });

  it("[CON7] make room by the oldest that was never heard from, and no other", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const bobs = greeted(sockets, { user: "bob" });
    vi.advanceTimersByTime(1000);
    const all = fill(sockets, greeted);
    const [closing, oldest, next] = all as [FakeSocket, FakeSocket, FakeSocket];
    vi.advanceTimersByTime(UNHEARD_MS - 1000);
    expect(isFull(sockets)).toBe(true);
    vi.advanceTimersByTime(2000);
    closing.readyState = 2;
    greeted(sockets);
    expect(isFull(sockets)).toBe(false);
    expect([oldest.code, next.code, bobs.code]).toEqual([4004, null, null]);
  });

  it("[CON7] that have pinged or are event streams make no room", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    for (const ws of repeat(CONNECTIONS_MAX - 1, () => greeted(sockets))) ws.pingedAt = NOW + 9999;
    greeted(sockets, {}, true);
    vi.advanceTimersByTime(2 * UNHEARD_MS);
    expect(isFull(sockets)).toBe(true);
  });

  it("[CON7] [SOC4] that fell silent make room", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const all = repeat(CONNECTIONS_MAX, () => greeted(sockets, {}, true));
    const [silent, spoken] = all as [FakeSocket, FakeSocket];
    for (const ws of [silent, spoken]) ws.pingedAt = NOW;
    vi.advanceTimersByTime(SILENCE_MS + 1);
    (sockets.of(asSocket(spoken)) as { lastFrameAt: number }).lastFrameAt = NOW + 1;
    expect(isFull(sockets)).toBe(false);
    expect(all.filter(({ code }) => code !== null)).toEqual([silent]);
    expect(silent.code).toBe(4004);
  });
});

describe("a broadcast", () => {
  it("[SOC2] [SOC5] [CON10] goes to greeted sockets that read and have a valid token", () => {
    const { wake, join, greeted } = fakeObject(clock);
    const sockets = wake();
    const reads = greeted(sockets);
    const ended = greeted(sockets, { exp: NOW / 1000 + 5 });
    const slow = greeted(sockets);
    const fresh = join(sockets);
    vi.advanceTimersByTime(0);
    const late = join(sockets);
    sockets.broadcast(() => ["1"], Date.now());
    expect(late.sent).toEqual([]);
    expect(fresh.sent).toEqual(["hello", "1"]);
    slow.bufferedAmount = MIB + 1;
    sockets.broadcast(() => ["2"], Date.now());
    vi.advanceTimersByTime(SLOW_MS);
    sockets.broadcast(() => ["3"], Date.now());
    expect(reads.sent).toEqual(["hello", "1", "2", "3"]);
    expect([reads.code, ended.code, slow.code]).toEqual([null, 4002, 4003]);
    expect([ended.sent.length, slow.sent.length]).toEqual([4, 4]);
  });

  it("[SOC5] does not close a socket that has caught up in between", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const slow = greeted(sockets);
    for (const amount of [MIB + 1, MIB, MIB + 1]) {
      slow.bufferedAmount = amount;
      sockets.broadcast(() => ["1"], Date.now());
      vi.advanceTimersByTime(SLOW_MS - 1);
    }
    expect(slow.code).toBeNull();
  });

  it("[SOC4] looks for silent sockets every ten seconds and not more often", () => {
    const { wake, greeted, lookUps } = fakeObject(clock);
    const sockets = wake();
    const silent = greeted(sockets);
    silent.pingedAt = NOW - SILENCE_MS;
    for (let i = 0; i < 3; i++) sockets.broadcast(() => ["1"], Date.now());
    expect(lookUps()).toBe(1);
    vi.advanceTimersByTime(SWEEP_MS);
    sockets.broadcast(() => ["2"], Date.now());
    expect(lookUps()).toBe(2);
    expect(silent.code).toBe(4004);
  });

  it("[SOC2] a sweep closes those whose token has ended, and no others", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const [ended, other] = [greeted(sockets, { exp: NOW / 1000 + 5 }), greeted(sockets)];
    sockets.sweep(NOW + 4999);
    expect(ended.code).toBeNull();
    sockets.sweep(NOW + 5000);
    expect([ended.code, other.code]).toEqual([4002, null]);
  });

  it("[TOP7] sends some sockets frames of their own", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const [one, other] = [greeted(sockets), greeted(sockets)];
    sockets.broadcast(() => ["all"], NOW, new Map([["c1", () => ["own"]]]));
    expect([one.sent.at(-1), other.sent.at(-1)]).toEqual(["all", "own"]);
  });
});

describe("a greeting", () => {
  it("[CON10] comes once, also to a socket that speaks at once, and is known after a rest", () => {
    const { wake, greeted } = fakeObject(clock);
    const sockets = wake();
    const ws = greeted(sockets);
    vi.advanceTimersByTime(1);
    expect(ws.sent).toEqual(["hello"]);
    const woken = wake();
    woken.broadcast(() => ["1"], NOW);
    expect(ws.sent).toEqual(["hello", "1"]);
    expect(woken.of(asSocket(ws))?.attachment.user).toBe("ada");
  });

  it("[SOC16] without room closes its own socket, and those that have not read in time", () => {
    const { wake, join, greeted } = fakeObject(clock);
    const sockets = wake();
    const slow = greeted(sockets);
    slow.bufferedAmount = 64 * MIB;
    sockets.sweep(NOW);
    vi.advanceTimersByTime(SLOW_MS);
    const large = fakeObject(clock, ["x".repeat(MIB + 1)]);
    const crowded = large.wake();
    const unread = large.greeted(crowded);
    unread.bufferedAmount = 64 * MIB;
    crowded.sweep(Date.now());
    vi.advanceTimersByTime(SLOW_MS);
    const asking = large.join(crowded);
    crowded.of(asSocket(asking));
    expect([unread.code, asking.code]).toEqual([4003, 4001]);
    // A small greeting is sent all the same.
    const other = join(sockets);
    sockets.of(asSocket(other));
    expect(other.sent).toEqual(["hello"]);
  });

  it("[SOC12] that never came is noticed after a rest: the socket is asked to reconnect", () => {
    const { wake, join } = fakeObject(clock);
    const ws = join(wake());
    wake().broadcast(() => ["1"], NOW);
    expect(ws.code).toBe(4001);
  });
});
