// The progress of one member through a log, by its answers.

import { expect, it } from "vitest";
import { type Advanced, advanceMember } from "../../src/delivery/advance-member.ts";
import type { Member } from "../../src/delivery/members.ts";
import type { DeliverReply, LiveEntry, LogBatch } from "../../src/objects/member.ts";

const EPOCH = "e1";
const member = { name: "user:ada", generation: 7 } as Member;
const live = [{ body: "live" } as LiveEntry];

/** Advances the member from 10 to 30; it answers with these replies, the last one again and again. */
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

it("[DEL4] a member is caught up from its own position, further with each call", async () => {
  const { result, sent } = await advancedBy([{ offset: 4 }, { offset: 20 }, { offset: 30 }]);
  expect(sent).toEqual([10, 4, 20]);
  expect(result).toMatchObject({ is: "reached" });
});

it("[DEL4] a member that lacks more than was assumed does not delay a round", async () => {
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

it("[DEL3] a member without an audience is gone, by the generation that was called", async () => {
  const { result } = await advancedBy([{ isAnyone: false, offset: 0 }]);
  expect(result).toEqual({ is: "gone", generation: 7 });
});

it("[DEL2] a member that answers with another epoch, or fails, is behind at its old position", async () => {
  for (const answer of [{ epoch: "e2" }, new Error("broken")])
    expect((await advancedBy([answer])).result).toMatchObject({ is: "behind", cursor: 10 });
});

it("[DEL8] a member is sent live messages with the first call only", async () => {
  const { batches } = await advancedBy([{ offset: 20 }, { offset: 30 }]);
  expect(batches.map((batch) => batch.live.length)).toEqual([1, 0]);
});

it("[DEL6] a member waits where the event has no call left", async () => {
  const { result } = await advancedBy([{ offset: 20 }], true, 1);
  expect(result).toEqual({ is: "waiting" });
});
