import type { Mutant } from "./mutant.ts";

export const LOG: Mutant[] = [
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
];
