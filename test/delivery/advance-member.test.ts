// One member on its way forward in a log, by the answers that it gives.

import { expect, it } from "vitest";
import { type Advanced, advanceMember } from "../../src/delivery/advance-member.ts";
import type { Member } from "../../src/delivery/members.ts";
import type { DeliverReply, LiveEntry, LogBatch } from "../../src/objects/member.ts";

const EPOCH = "e1";
const member = { name: "user:ada", generation: 7 } as Member;
const live = [{ body: "live" } as LiveEntry];

/** Brings the member from 10 to 30; it answers with these offsets, the last again and again. */
async function advancedBy(
  answers: (Partial<DeliverReply> | Error)[],
  isPatient = true,
  calls = 20,
) {
  const batches: LogBatch[] = [];
  const result: Advanced = await advanceMember(member, {
    ...{ cursor: 10, to: 30, live, isPatient },
    batchAfter: (since) => ({ epoch: EPOCH, since }) as LogBatch,
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

it("[DEL4] a member is brought up from where it stands, further with each call", async () => {
  const { result, sent } = await advancedBy([{ offset: 4 }, { offset: 20 }, { offset: 30 }]);
  expect(sent).toEqual([10, 4, 20]);
  expect(result).toMatchObject({ is: "reached" });
});

it("[DEL4] a member that lacks more than was believed does not hold up a round", async () => {
  const { result, sent } = await advancedBy([{ offset: 4 }], false);
  expect([result, sent]).toEqual([{ is: "rewound", cursor: 4 }, [10]]);
});

it("[DEL2] a member that takes nothing, or goes back twice, is behind", async () => {
  const nothing = { is: "behind", cursor: 10, cause: "it took nothing" };
  expect(await advancedBy([{ offset: 10 }])).toMatchObject({ result: nothing, sent: [10] });
  const { result, sent } = await advancedBy([{ offset: 4 }, { offset: 3 }]);
  expect(result).toMatchObject({ is: "behind", cursor: 3 });
  expect(sent).toEqual([10, 4]);
});

it("[DEL3] a member that has nobody is let go by the joining that it was asked for", async () => {
  const { result } = await advancedBy([{ isAnyone: false, offset: 0 }]);
  expect(result).toEqual({ is: "gone", generation: 7 });
});

it("[DEL2] a member that is in another life of the log, or fails, is behind where it stood", async () => {
  for (const answer of [{ epoch: "e2" }, new Error("broken")])
    expect((await advancedBy([answer])).result).toMatchObject({ is: "behind", cursor: 10 });
});

it("[DEL8] a member is sent what is live only with the first call", async () => {
  const { batches } = await advancedBy([{ offset: 20 }, { offset: 30 }]);
  expect(batches.map((batch) => batch.live.length)).toEqual([1, 0]);
});

it("[DEL6] a member waits where the event has no call left", async () => {
  const { result } = await advancedBy([{ offset: 20 }], true, 1);
  expect(result).toEqual({ is: "waiting" });
});
