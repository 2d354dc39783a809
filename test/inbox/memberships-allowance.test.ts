// The joins and leaves of a user that count against the allowance.

import { expect, it } from "vitest";
import { Memberships } from "../../src/inbox/memberships.ts";
import type { Joined, Joining } from "../../src/objects/member.ts";
import { refusal } from "../../src/protocol/error.ts";
import { MEMBERSHIP_CHANGES_WOKEN, TOPICS_KNOWN_MAX } from "../../src/protocol/limits.ts";

const JOINING: Joining = {
  member: "user:ada",
  follows: false,
  since: "latest",
  unlessPublic: null,
};
const JOINED: Joined = {
  epoch: "e",
  offset: 0,
  oldest: 1,
  recovered: true,
  since: 0,
  messages: [],
};

/** A user's memberships over topics that a test adds; `left` counts the changes still allowed. */
function fresh() {
  const [watched, followed] = [new Set<string>(), new Set<string>()];
  const memberships = new Memberships({
    watches: (topic) => watched.has(topic),
    follows: (topic) => followed.has(topic),
    meta: () => ({}),
    clock: () => 1e12,
  });
  const left = () => {
    let count = 0;
    try {
      for (; count <= MEMBERSHIP_CHANGES_WOKEN; count++) memberships.spendToFollow(`new ${count}`);
    } catch {
      return count;
    }
    return count;
  };
  return { watched, followed, memberships, left };
}

it("[SUB11] a topic counts once while it is joined, and again after it was left", async () => {
  const { memberships, left } = fresh();
  memberships.spendToWatch("a");
  await memberships.join("a", JOINING, async () => JOINED);
  for (let n = 0; n < 10; n++) memberships.spendToWatch("a");
  await memberships.leave("a", false, async () => undefined);
  memberships.spendToWatch("a");
  expect(left()).toBe(MEMBERSHIP_CHANGES_WOKEN - 2);
});

it("[SUB11] a topic that refuses the user counts each time", async () => {
  const { memberships, left } = fresh();
  const refused = refusal("member_limit", "it is full");
  for (let n = 0; n < 3; n++) {
    memberships.spendToWatch("a");
    expect(await memberships.join("a", JOINING, async () => refused)).toBe(refused);
  }
  expect(left()).toBe(MEMBERSHIP_CHANGES_WOKEN - 3);
});

it("[SUB11] a topic that a device watches or the user follows does not count, also after a rest", () => {
  const { watched, followed, memberships, left } = fresh();
  watched.add("a");
  followed.add("b");
  for (const topic of ["a", "b"]) memberships.spendToWatch(topic);
  memberships.spendToFollow("b");
  memberships.spendToFollow("a");
  expect(left()).toBe(MEMBERSHIP_CHANGES_WOKEN - 1);
});

it("[SUB11] of very many topics only those joined first are forgotten", () => {
  const { memberships, left } = fresh();
  for (let n = 0; n <= TOPICS_KNOWN_MAX; n++) memberships.joined(`t${n}`);
  memberships.spendToWatch("t1");
  memberships.spendToWatch(`t${TOPICS_KNOWN_MAX}`);
  memberships.spendToWatch("t0");
  expect(left()).toBe(MEMBERSHIP_CHANGES_WOKEN - 1);
});
