import type { Mutant } from "../mutant.ts";

const file = "src/inbox/erasure.ts";
const tests = ["test/inbox/erasure-whole.test.ts"];

export const ERASURE: Mutant[] = [
  {
    file,
    text: "    alarm.erased();\n",
    instead: "",
    why: "the log that begins after an erase has no alarm",
    tests,
  },
  {
    file,
    text: "[cursors, subscriptions, joins, memberships]",
    instead: "[cursors, joins]",
    why: "an erase leaves the user in topics that a device subscribed to",
    tests,
  },
  {
    file,
    text: "subscriptions, joins, memberships]",
    instead: "subscriptions, memberships]",
    why: "a follow in flight outlives an erase",
    tests,
  },
  {
    file: "src/inbox/erasure.ts",
    text: "joins, memberships]",
    instead: "joins]",
    why: "an erase leaves the user in topics whose connection has closed",
    tests,
  },
  {
    file,
    text: "      end();\n",
    instead: "",
    why: "who was erased can follow nothing until the object rests",
    tests,
  },
  {
    file,
    text: "    cursors.erased();\n",
    instead: "",
    why: "after an erase an old place in a topic is taken for that of a new follow",
    tests: [],
    equivalent:
      "Each place was forgotten when its topic was left, and of no other topic is any kept.",
  },
  {
    file,
    text: "this.#leaveAll(unreadable === null)",
    instead: "this.#leaveAll(true)",
    why: "an erase without a readable time leaves the user in topics that were joined later",
    tests,
  },
  {
    file,
    text: "{ notBefore: Math.floor(this.#deps.clock() / 1000) }",
    instead: "{ notBefore: null }",
    why: "a revocation that could not be read is lost, and the token is let in",
    tests,
  },
  {
    file,
    text: "log.erase({ ...policy.empty(), notBefore })",
    instead: "log.erase()",
    why: "an erase lets a revoked token in again",
    tests,
  },
  {
    file,
    text: "log.erase({ ...policy.empty(), notBefore })",
    instead: `log.erase().then(() => {
      log.change(this.#deps.clock(), (next) => {
        next.meta.notBefore = notBefore;
      });
    })`,
    why: "a crash in the middle of an erase lets a revoked token in (not_before written after it)",
    tests,
  },
  {
    file,
    text: "    if (failed !== undefined) throw failed.reason;\n",
    instead: "",
    why: "an erase is said to be done while a topic still names the user",
    tests,
  },
  {
    file: "src/inbox/erasure-gate.ts",
    text: "    if (this.#endings > 0) refuse();\n",
    instead: "",
    why: "what begins during an erase survives it",
    tests: ["test/inbox/erasure-gate.test.ts"],
  },
  {
    file: "src/inbox/erasure-gate.ts",
    text: "      if (this.#ended !== ended) refuse();\n",
    instead: "",
    why: "what waited through an erase brings the user back",
    tests: ["test/inbox/erasure-gate.test.ts"],
  },
  {
    file: "src/inbox/erasure-gate.ts",
    text: "    this.#ended += 1;\n",
    instead: "",
    why: "what waited through an erase does not notice it",
    tests: ["test/inbox/erasure-gate.test.ts"],
  },
  {
    file: "src/inbox/erasure-gate.ts",
    text: "      this.#endings -= 1;\n",
    instead: "      this.#endings = 0;\n",
    why: "of two erases at once the first to end lets in what the second does not see",
    tests: ["test/inbox/erasure-gate.test.ts"],
  },
];
