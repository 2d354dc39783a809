// The small parts of a topic's delivery, each alone: when it is tried again, how one member is brought up,
// what guards it, and what is known of members.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Alarm } from "../../src/log/alarm.ts";
import type { Log } from "../../src/log/log.ts";
import type { Row } from "../../src/log/row.ts";
import type { Env } from "../../src/objects/env.ts";
import type { Batch, Held, LiveEntry } from "../../src/objects/member.ts";
import { retryAt } from "../../src/topic/back-off.ts";
import { batchAfter } from "../../src/topic/batch.ts";
import { type Brought, bring } from "../../src/topic/bring.ts";
import { atMost, inPool } from "../../src/topic/calls.ts";
import { Guard } from "../../src/topic/guard.ts";
import { Inboxes } from "../../src/topic/inboxes.ts";
import type { TopicOwn } from "../../src/topic/keep.ts";
import { type Member, Members } from "../../src/topic/members.ts";
import type { MemberRow, MemberStore } from "../../src/topic/store.ts";

it("[DEL2] a try waits for 1 s, then twice as long each time up to an hour, spread over a half", () => {
  const waits = (random: number) => [1, 2, 3, 12, 13, 40].map((n) => retryAt(n, 0, random));
  expect(waits(1)).toEqual([1_000, 2_000, 4_000, 2_048_000, 3_600_000, 3_600_000]);
  expect(waits(0)).toEqual([500, 1_000, 2_000, 1_024_000, 1_800_000, 1_800_000]);
});

describe("a guard", () => {
  const fail = async () => {
    throw new Error("no room");
  };

  it("[DEL1] is set once in half a minute, and anew after it rang", async () => {
    const by = vi.fn(async (_at: number) => undefined);
    const guard = new Guard({ by } as unknown as Alarm);
    for (const now of [0, 29_999, 30_000]) await guard.set(now);
    guard.rang();
    await guard.set(31_000);
    expect(by.mock.calls.map(([at]) => at)).toEqual([30_000, 60_000, 61_000]);
  });

  it("[DEL1] that could not be set is set by the next publish", async () => {
    const by = vi.fn(fail);
    const guard = new Guard({ by } as unknown as Alarm);
    for (const now of [0, 1]) await expect(guard.set(now)).rejects.toThrow("no room");
    expect(by).toHaveBeenCalledTimes(2);
  });
});

describe("a member", () => {
  const EPOCH = "e1";
  const member = { name: "user:ada", generation: 7 } as Member;
  const live = [{ body: "live" } as LiveEntry];

  /** Brings the member from 10 to 30; it answers with these offsets, the last again and again. */
  async function brought(answers: (Partial<Held> | Error)[], isPatient = true, calls = 20) {
    const batches: Batch[] = [];
    const result: Brought = await bring(member, {
      ...{ cursor: 10, to: 30, live, isPatient },
      batchAfter: (since) => ({ epoch: EPOCH, since }) as Batch,
      mayCall: () => batches.length < calls,
      deliver: async (_name, batch) => {
        batches.push(batch);
        const answer = answers[Math.min(batches.length, answers.length) - 1];
        if (answer instanceof Error) throw answer;
        return { epoch: EPOCH, offset: 30, isAnyone: true, generation: 7, ...answer };
      },
    });
    return { result, sent: batches.map(({ since }) => since), batches };
  }

  it("[DEL4] is brought up from where it stands, further with each call", async () => {
    const { result, sent } = await brought([{ offset: 4 }, { offset: 20 }, { offset: 30 }]);
    expect(sent).toEqual([10, 4, 20]);
    expect(result).toMatchObject({ is: "reached" });
  });

  it("[DEL4] that lacks more than was believed does not hold up a round", async () => {
    const { result, sent } = await brought([{ offset: 4 }], false);
    expect([result, sent]).toEqual([{ is: "lacking", cursor: 4 }, [10]]);
  });

  it("[DEL2] that takes nothing, or goes back twice, is behind", async () => {
    const nothing = { is: "behind", cursor: 10, cause: "it took nothing" };
    expect(await brought([{ offset: 10 }])).toMatchObject({ result: nothing, sent: [10] });
    const { result, sent } = await brought([{ offset: 4 }, { offset: 3 }]);
    expect(result).toMatchObject({ is: "behind", cursor: 3 });
    expect(sent).toEqual([10, 4]);
  });

  it("[DEL3] that has nobody is let go by the joining that it was asked for", async () => {
    const { result } = await brought([{ isAnyone: false, offset: 0 }]);
    expect(result).toEqual({ is: "gone", generation: 7 });
  });

  it("[DEL2] that is in another life of the log, or fails, is behind where it stood", async () => {
    for (const answer of [{ epoch: "e2" }, new Error("broken")])
      expect((await brought([answer])).result).toMatchObject({ is: "behind", cursor: 10 });
  });

  it("[DEL8] is sent what is live only with the first call", async () => {
    const { batches } = await brought([{ offset: 20 }, { offset: 30 }]);
    expect(batches.map((batch) => batch.live.length)).toEqual([1, 0]);
  });

  it("[DEL6] waits where the event has no call left", async () => {
    const { result } = await brought([{ offset: 20 }], true, 1);
    expect(result).toEqual({ is: "waiting" });
  });

  it("[DEL2] is reached by another way after the one that it had failed", () => {
    const inboxes = new Inboxes(env as unknown as Env);
    const first = inboxes.of("user:ada");
    expect(inboxes.of("user:ada")).toBe(first);
    inboxes.forget("user:ada");
    expect(inboxes.of("user:ada")).not.toBe(first);
  });
});

describe("calls", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("[DEL2] are each given up after three seconds, and not before", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
    const answerAfter = (ms: number) =>
      new Promise<string>((resolve) => setTimeout(() => resolve(`after ${ms}`), ms));
    const called = inPool([100, 2_900, 60_000], 2, (ms, within) =>
      within(answerAfter(ms)).catch((cause) => String(cause)),
    );
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await called).toEqual([
      ...["after 100", "after 2900"],
      expect.stringContaining("no answer within 3000 ms"),
    ]);
    expect(vi.getTimerCount()).toBe(1);
  });

  it("[DEL1] are waited for by an alarm for so long at most", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let isOver = false;
    const waiting = atMost(60_000, new Promise(() => undefined)).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    await atMost(60_000, Promise.resolve());
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a batch", () => {
  /** What is given of rows with these offsets after a cursor, up to an offset. */
  function batchOf(rows: Partial<Row>[], upTo?: number, head = 200, oldest = 1) {
    const all = rows.map((row) => ({ body: "x", time: 0, expires: null, category: null, ...row }));
    const log = {
      at: () => ({ epoch: "e", head, lost: 0, oldest }),
      store: { after: (_since: number, limit: number) => all.slice(0, limit) },
    };
    const { entries, to } = batchAfter(log as unknown as Log<TopicOwn>, 0, 1_000, new Map(), upTo);
    return { to, offsets: entries.map(({ offset }) => offset) };
  }
  const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ offset: i + 1 }));

  it("[FOL1] is a hundred messages, or all up to an offset", () => {
    expect(batchOf(rows(150))).toMatchObject({ to: 100, offsets: { length: 100 } });
    expect(batchOf(rows(5), 3)).toEqual({ to: 3, offsets: [1, 2, 3] });
    expect(batchOf(rows(5))).toEqual({ to: 200, offsets: [1, 2, 3, 4, 5] });
  });

  it("[FOL1] ends with the message that makes it long enough, and the next goes on there", () => {
    const body = "x".repeat(600_000);
    const { to, offsets } = batchOf(rows(5).map((row) => ({ ...row, body })));
    expect([to, offsets]).toEqual([2, [1, 2]]);
  });

  it("[LOG8] [LOG9] leaves out what has expired or aged, and goes past it", () => {
    const own = [{ offset: 1 }, { offset: 2, expires: 1_000 }, { offset: 3, expires: 1_001 }];
    expect(batchOf(own, undefined, 3, 2)).toEqual({ to: 3, offsets: [3] });
  });
});

describe("members", () => {
  /** A store that is a map, so that a rest is another `Members` over it. */
  function storeOf() {
    const rows = new Map<string, MemberRow>();
    let written = 0;
    const store = {
      all: () => [...rows.values()].sort((a, b) => (a.member < b.member ? -1 : 1)),
      put: (row: MemberRow) => {
        written += 1;
        rows.set(row.member, row);
      },
      remove: (name: string) => rows.delete(name),
    };
    return { open: () => new Members(store as unknown as MemberStore), written: () => written };
  }
  const behind = { cursor: 5, attempts: 1, retryAt: 0 };

  it("[DEL5] count who has a message, and each that has not once", () => {
    const members = storeOf().open();
    for (const name of ["user:a", "user:b", "user:c"]) members.join(name, true);
    members.note("user:c", behind);
    expect(members.deliveryOf(5, 4)).toEqual({ members: 3, delivered: 1, behind: 2 });
    expect(members.deliveryOf(6, 6)).toEqual({ members: 3, delivered: 2, behind: 1 });
    expect(members.deliveryOf(7, 6)).toEqual({ members: 3, delivered: 0, behind: 3 });
  });

  it("[DEL6] know up to whom a round has come, and an instance after them goes on there", () => {
    const { open } = storeOf();
    const [members, later] = [open(), open()];
    for (const name of ["user:d", "user:a", "user:c", "user:b"]) members.join(name, true);
    const told = (...names: string[]) => {
      for (const [name, member] of members.all()) member.told = names.includes(name) ? 9 : 0;
      return members.toldUpTo(9);
    };
    expect(told()).toBe("");
    expect(told("user:a", "user:b", "user:d")).toBe("user:b");
    expect(told("user:a", "user:b", "user:c", "user:d")).toBe("user:d");
    later.wereTold("user:b", 9);
    expect([...later.all().values()].map((each) => each.told)).toEqual([9, 9, 0, 0]);
  });

  it("[DEL2] that are behind are so after a rest, and tried at once when they join again", () => {
    const { open } = storeOf();
    open().join("user:a", true);
    open().note("user:a", { ...behind, retryAt: 99 });
    const later = open();
    expect(later.behind()).toMatchObject([{ name: "user:a", behind: { cursor: 5, retryAt: 99 } }]);
    later.join("user:a", true);
    expect(later.behind()).toMatchObject([{ behind: { cursor: 5, retryAt: 0 } }]);
  });

  it("[FOL2] that follow and watch stay followers, and after a rest those that began to", () => {
    const { open } = storeOf();
    const members = open();
    members.join("user:a", true);
    members.join("user:a", false);
    members.join("user:b", false);
    members.join("user:b", true);
    members.join("user:c", true);
    members.leave("user:c", true);
    for (const each of [members, open()]) {
      expect(each.followers("", 10)).toEqual(["a", "b"]);
      expect(each.size).toBe(3);
    }
  });

  it("[FOL1] that follow are listed by name, page by page, and none that only watches", () => {
    const members = storeOf().open();
    for (const user of ["d", "a", "c"]) members.join(`user:${user}`, true);
    members.join("user:b", false);
    expect(members.followers("", 2)).toEqual(["a", "c"]);
    expect(members.followers("c", 2)).toEqual(["d"]);
  });

  it("[ROW7] that are in step cost no row when they are told", () => {
    const { open, written } = storeOf();
    const members = open();
    members.join("user:a", true);
    members.note("user:a", null);
    expect(written()).toBe(1);
  });

  it("[DEL3] that joined again since they were asked are not let go", () => {
    const members = storeOf().open();
    const { generation } = members.join("user:a", false);
    members.join("user:a", false);
    expect([members.drop("user:a", generation), members.size]).toEqual([false, 1]);
    expect([members.drop("user:a", generation + 1), members.size]).toEqual([true, 0]);
  });
});
