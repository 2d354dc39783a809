// The members of a log: the position of each, and the generation of its joining.

import { expect, it } from "vitest";
import type { MemberRow, MemberStore } from "../../src/delivery/member-store.ts";
import { Members } from "../../src/delivery/members.ts";
import { followersOf } from "../../src/topic/followers.ts";

/** Returns a store that is a map: after a rest, another `Members` reads it. */
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

it("[DEL5] members count as delivered or as behind, each once", () => {
  const members = storeOf().open();
  for (const name of ["user:a", "user:b", "user:c"]) members.join(name, true);
  members.setBehind("user:c", behind);
  expect(members.deliveryOf(5, 4)).toEqual({ members: 3, delivered: 1, behind: 2 });
  expect(members.deliveryOf(6, 6)).toEqual({ members: 3, delivered: 2, behind: 1 });
  expect(members.deliveryOf(7, 6)).toEqual({ members: 3, delivered: 0, behind: 3 });
});

it("[DEL6] members know the name that a round has reached, and the next instance continues there", () => {
  const { open } = storeOf();
  const [members, later] = [open(), open()];
  for (const name of ["user:d", "user:a", "user:c", "user:b"]) members.join(name, true);
  const told = (...names: string[]) => {
    for (const [name, member] of members.all()) member.sentUpTo = names.includes(name) ? 9 : 0;
    return members.lastNameUpTo(9);
  };
  expect(told()).toBe("");
  expect(told("user:a", "user:b", "user:d")).toBe("user:b");
  expect(told("user:a", "user:b", "user:c", "user:d")).toBe("user:d");
  later.restoreProgress("user:b", 9);
  expect([...later.all().values()].map((each) => each.sentUpTo)).toEqual([9, 9, 0, 0]);
});

it("[DEL2] members that are behind stay so after a rest, and are tried at once when they join again", () => {
  const { open } = storeOf();
  open().join("user:a", true);
  open().setBehind("user:a", { ...behind, retryAt: 99 });
  const later = open();
  expect(later.behind()).toMatchObject([{ name: "user:a", behind: { cursor: 5, retryAt: 99 } }]);
  later.join("user:a", true);
  expect(later.behind()).toMatchObject([{ behind: { cursor: 5, retryAt: 0 } }]);
});

it("[FOL2] members that both follow and watch stay followers, in either order and after a rest", () => {
  const { open } = storeOf();
  const members = open();
  members.join("user:a", true);
  members.join("user:a", false);
  members.join("user:b", false);
  members.join("user:b", true);
  members.join("user:c", true);
  members.leave("user:c", true);
  for (const each of [members, open()]) {
    expect(followersOf(each, "", 10)).toEqual(["a", "b"]);
    expect(each.size).toBe(3);
  }
});

it("[FOL1] members that follow are listed by name, page by page, and none that only watches", () => {
  const members = storeOf().open();
  for (const user of ["d", "a", "c"]) members.join(`user:${user}`, true);
  members.join("user:b", false);
  expect(followersOf(members, "", 2)).toEqual(["a", "c"]);
  expect(followersOf(members, "c", 2)).toEqual(["d"]);
});

it("[ROW7] members that are in step cost no row when they receive a message", () => {
  const { open, written } = storeOf();
  const members = open();
  members.join("user:a", true);
  members.setBehind("user:a", null);
  expect(written()).toBe(1);
});

it("[DEL3] members that joined again since they were asked are not removed", () => {
  const members = storeOf().open();
  const { generation } = members.join("user:a", false);
  members.join("user:a", false);
  expect([members.drop("user:a", generation), members.size]).toEqual([false, 1]);
  expect([members.drop("user:a", generation + 1), members.size]).toEqual([true, 0]);
});
