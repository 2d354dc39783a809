import type { Mutant } from "./mutant.ts";

export const INBOX: Mutant[] = [
  {
    file: "src/inbox/erasure.ts",
    text: "    alarm.gone();\n",
    instead: "",
    why: "the log that begins after an erase has no alarm",
    tests: ["test/inbox/erase-whole.test.ts"],
  },
  {
    file: "src/inbox/erasure.ts",
    text: "...subscriptions.topics(), ",
    instead: "",
    why: "an erase leaves the user in topics that a device subscribed to",
    tests: ["test/inbox/erase-whole.test.ts"],
  },
  {
    file: "src/inbox/erasure.ts",
    text: ", ...joins.topics()]",
    instead: "]",
    why: "a follow in flight outlives an erase",
    tests: ["test/inbox/erase-whole.test.ts"],
  },
  {
    file: "src/inbox/keep.ts",
    text: "    row.read_at = row.time;\n",
    instead: "",
    why: "a message for programs counts as unread",
    tests: ["test/inbox/silent.test.ts"],
  },
  {
    file: "src/inbox/keep.ts",
    text: "rank === 3 || (rank === 2 && unseen)",
    instead: "rank === 3",
    why: "a message for programs is given up in silence",
    tests: ["test/inbox/silent.test.ts"],
  },
];
