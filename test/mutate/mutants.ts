// Mutants: each changes one thing that a test must notice. The text must be there exactly once, so that
// a mutant whose code has moved on fails loudly.

export interface Mutant {
  file: string;
  text: string;
  instead: string;
  /** What would go wrong for somebody. */
  why: string;
  /** The test files that must notice. */
  tests: string[];
}

export const MUTANTS: Mutant[] = [
  {
    file: "src/log/log.ts",
    text: `if (topic !== undefined && part.outcomes[0]?.status === "failed") stopped.add(topic);`,
    instead: "",
    why: "after a failed draft the topic's later ones go on, and a follower loses a message",
    tests: ["test/log/log.test.ts"],
  },
  {
    file: "src/log/alarm.ts",
    text: "      this.#at = undefined;\n",
    instead: "",
    why: "an alarm that could not be set is believed to be set",
    tests: ["test/log/alarm.test.ts"],
  },
  {
    file: "src/log/alarm.ts",
    text: "if (this.#at === undefined) this.#at = found;",
    instead: "this.#at = found;",
    why: "an alarm that another call has set is forgotten",
    tests: ["test/log/alarm.test.ts"],
  },
  {
    file: "src/log/alarm.ts",
    text: "if (this.#at !== null && this.#at <= at) return;",
    instead: "if (this.#at !== null) return;",
    why: "a sooner alarm is not set",
    tests: ["test/log/alarm.test.ts"],
  },
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
    file: "src/log/store.ts",
    text: "      dropAll(this.#sql);\n",
    instead: "",
    why: "an erase beside a revocation leaves messages",
    tests: ["test/inbox/erase-whole.test.ts"],
  },
  {
    file: "src/log/store.ts",
    text: "return this.#storage.deleteAlarm();",
    instead: "return Promise.resolve();",
    why: "an erased inbox is woken for nothing",
    tests: ["test/inbox/erase-whole.test.ts"],
  },
  {
    file: "src/socket/receive.ts",
    text: "return frame.isUnreadable\n",
    instead: "return true\n",
    why: "an app's mistakes close its client for good",
    tests: ["test/socket/frames.test.ts"],
  },
  {
    file: "src/socket/limit.ts",
    text: " || sockets.pingedAt(ws) !== null",
    instead: "",
    why: "a connection that is alive makes room",
    tests: ["test/socket/limit.test.ts"],
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
  {
    file: "src/protocol/notification.ts",
    text: "if (depth === 0 && ",
    instead: "if (",
    why: "a `notification` deep in `data` makes a message count",
    tests: ["test/protocol/notification.test.ts"],
  },
];
