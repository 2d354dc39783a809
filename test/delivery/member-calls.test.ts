// Calls to members by themselves: the batch that each is sent, and the effect of its answer.

import { afterEach, expect, it, vi } from "vitest";
import { type FanOutDeps, MemberCalls } from "../../src/delivery/member-calls.ts";
import type { Member } from "../../src/delivery/members.ts";
import type { Delivering } from "../../src/delivery/position.ts";
import type { DeliverReply, LiveEntry, LogBatch } from "../../src/objects/member.ts";

type Deps = FanOutDeps<Delivering>;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const memberOf = (name: string, told = 0): Member => ({
  ...{ name, follows: true, generation: 1, behind: null, isLive: false },
  ...{ sentUpTo: told, sentTurn: 0, followedAt: 0, watchedAt: 0 },
});

/** Returns calls whose members answer through `deliver`, and a record of the batches sent. */
function callsOf(deliver: Deps["deliver"] = answered) {
  const sent: { name: string; since: number; live: number }[] = [];
  const forgotten: string[] = [];
  const note = vi.fn();
  const calls = new MemberCalls({
    label: { topic: "news" },
    members: { setBehind: note, drop: () => true },
    deliver: (name: string, batch: LogBatch) => {
      sent.push({ name, since: batch.since, live: batch.live.length });
      return deliver(name, batch);
    },
    forget: (name: string) => forgotten.push(name),
    clock: () => 1_000,
    random: () => 0.5,
  } as unknown as Deps);
  vi.spyOn(calls, "batchAfter").mockImplementation(
    (since, to = 0) => ({ epoch: "e", since, to, live: [] }) as unknown as LogBatch,
  );
  calls.budget.renew();
  const tell = (called: Member[], live: LiveEntry[] = []) =>
    calls.callAll(called, { position: 10, to: 30, live, isPatient: false, atOnce: 2 });
  return { calls, tell, sent, forgotten, note };
}

async function answered(_name: string, { to }: LogBatch): Promise<DeliverReply> {
  return { epoch: "e", offset: to, isAnyone: true, generation: 1, hasSockets: true };
}

it("[DEL1] a member is sent the messages after its own position, and the position advances", async () => {
  const { tell, sent } = callsOf();
  const members = [memberOf("user:a"), memberOf("user:b", 20)];
  await tell(members);
  expect(sent.map(({ name, since }) => [name, since])).toEqual([
    ["user:a", 10],
    ["user:b", 20],
  ]);
  expect(members.map(({ sentUpTo: told, isLive }) => [told, isLive])).toEqual([
    [30, true],
    [30, true],
  ]);
});

it("[DEL8] a member is sent each live message once", async () => {
  const { tell, sent } = callsOf();
  const ada = memberOf("user:ada");
  const live = [1, 2].map((turn) => ({ body: "", turn }) as LiveEntry);
  await tell([ada], live.slice(0, 1));
  ada.sentUpTo = 0;
  await tell([ada], live);
  ada.sentUpTo = 0;
  await tell([ada], live);
  expect(sent.map((each) => each.live)).toEqual([1, 1, 0]);
});

it("[DEL2] a call that hangs is given up after three seconds, and delays no other", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
  const { tell } = callsOf((name, batch) =>
    name === "user:hung" ? new Promise(() => undefined) : answered(name, batch),
  );
  const told = tell(["user:hung", "user:b", "user:c"].map((name) => memberOf(name)));
  await vi.advanceTimersByTimeAsync(4_000);
  expect((await told).map(({ advanced }) => advanced.is)).toEqual(["behind", "reached", "reached"]);
});

it("[DEL2] the stub of a member that failed or left is dropped", async () => {
  const { calls, forgotten, note } = callsOf();
  const member = memberOf("user:ada");
  calls.settle({ member, advanced: { is: "reached", hasSockets: true } });
  expect(forgotten).toEqual([]);
  calls.settle({ member, advanced: { is: "behind", cursor: 4, cause: "broken" } });
  expect(forgotten).toEqual(["user:ada"]);
  expect(note).toHaveBeenLastCalledWith("user:ada", {
    ...{ cursor: 4, attempts: 1 },
    retryAt: expect.any(Number),
  });
  calls.settle({ member, advanced: { is: "gone", generation: 1 } });
  expect(forgotten).toEqual(["user:ada", "user:ada"]);
});
