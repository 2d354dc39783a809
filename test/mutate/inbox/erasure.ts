import type { Mutant } from "../mutant.ts";

const file = "src/inbox/erasure.ts";
const tests = ["test/inbox/erase-whole.test.ts"];

export const ERASURE: Mutant[] = [
  {
    file,
    text: "    alarm.gone();\n",
    instead: "",
    why: "the log that begins after an erase has no alarm",
    tests,
  },
  {
    file,
    text: "...cursors.topics(), ",
    instead: "",
    why: "an erase leaves the user among the followers of topics",
    tests,
  },
  {
    file,
    text: "...subscriptions.topics(), ",
    instead: "",
    why: "an erase leaves the user in topics that a device subscribed to",
    tests,
  },
  {
    file,
    text: ", ...joins.topics()]",
    instead: "]",
    why: "a follow in flight outlives an erase",
    tests,
  },
  {
    file,
    text: "const end = life.end();",
    instead: "const end = () => {};",
    why: "what waited for something brings back what was erased",
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
    text: "for (const topic of this.#topics()) this.#toLeave.add(topic);",
    instead:
      "this.#toLeave.clear();\n      for (const topic of this.#topics()) this.#toLeave.add(topic);",
    why: "an erase that is repeated forgets the topics that a device subscribed to",
    tests,
  },
  {
    file,
    text: "      sockets.closeAll(4503);\n      // Leaving",
    instead: "      // Leaving",
    why: "where an erase fails, a device goes on believing that it subscribes",
    tests,
  },
  {
    file,
    text: "    sockets.closeAll(4503);\n    cursors.erased();",
    instead: "    cursors.erased();",
    why: "a device that connects during an erase goes on showing what is gone",
    tests: ["test/inbox/erase.test.ts"],
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
    text: "      if (unreadable !== null) await this.#eraseUnread(unreadable);\n      await this.#leaveAll(unreadable === null);\n",
    instead:
      "      await this.#leaveAll(unreadable === null);\n      if (unreadable !== null) await this.#eraseUnread(unreadable);\n",
    why: "a user whose checkpoint cannot be read can never be erased",
    tests,
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
    text: "{ notBefore: Math.floor(this.#parts.clock() / 1000) }",
    instead: "{ notBefore: null }",
    why: "a revocation that could not be read is lost, and the token is let in",
    tests,
  },
  {
    file,
    text: "log.erase({ ...keep.empty(), notBefore })",
    instead: "log.erase()",
    why: "an erase lets a revoked token in again",
    tests,
  },
  {
    file,
    text: "log.erase({ ...keep.empty(), notBefore })",
    instead: `log.erase().then(() => {
      log.change(this.#parts.clock(), (next) => {
        next.own.notBefore = notBefore;
      });
    })`,
    why: "a crash in the middle of an erase lets a revoked token in (not_before written after it)",
    tests,
  },
  {
    file,
    text: `      await this.#leaveAll(unreadable === null);
      if (unreadable === null) await this.#eraseNow(this.#parts.log.at(this.#parts.clock()).own);`,
    instead: `      const own = unreadable === null ? this.#parts.log.at(this.#parts.clock()).own : null;
      await this.#leaveAll(unreadable === null);
      if (own !== null) await this.#eraseNow(own);`,
    why: "a revocation that comes during an erase is lost",
    tests,
  },
  {
    file,
    text: `      await this.#leaveAll(unreadable === null);
      if (unreadable === null) await this.#eraseNow(this.#parts.log.at(this.#parts.clock()).own);`,
    instead: `      if (unreadable === null) await this.#eraseNow(this.#parts.log.at(this.#parts.clock()).own);
      await this.#leaveAll(unreadable === null);`,
    why: "where a topic cannot be left, it is known to nobody that the user is still in its list",
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
    file: "src/inbox/life.ts",
    text: "    if (this.#endings > 0) refuse();\n",
    instead: "",
    why: "what begins during an erase survives it",
    tests: ["test/inbox/life.test.ts"],
  },
  {
    file: "src/inbox/life.ts",
    text: "      if (this.#ended !== ended) refuse();\n",
    instead: "",
    why: "what waited through an erase brings the user back",
    tests: ["test/inbox/life.test.ts"],
  },
  {
    file: "src/inbox/life.ts",
    text: "    this.#ended += 1;\n",
    instead: "",
    why: "what waited through an erase does not notice it",
    tests: ["test/inbox/life.test.ts"],
  },
  {
    file: "src/inbox/life.ts",
    text: "      this.#endings -= 1;\n",
    instead: "      this.#endings = 0;\n",
    why: "of two erases at once the first to end lets in what the second does not see",
    tests: ["test/inbox/life.test.ts"],
  },
];
