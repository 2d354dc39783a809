import type { Mutant } from "../mutant.ts";

const file = "src/inbox/subscriptions.ts";
const SUBSCRIBE = ["test/inbox/subscriptions.test.ts"];

export const SUBSCRIPTIONS: Mutant[] = [
  {
    file,
    text: "    while (leaves.isUnderWay(topic)) await leaves.settled(topic);\n",
    instead: "",
    why: "a subscribe right after an unsubscribe is ended by it",
    tests: [],
    equivalent:
      "A leave carries an earlier time than the join after it, so that a topic lets it end nothing; the wait only spares a member's coming and going.",
  },
  {
    file,
    text: "    this.#sentUpTo.get(session)?.delete(topic);\n",
    instead: "",
    why: "a place of an earlier subscription counts for the next one",
    tests: [],
    equivalent:
      "No frame of a topic without a subscription is sent, and the next subscribe sets the place before one is.",
  },
  {
    file,
    text: "(isCommon && steps.get(start))",
    instead: "(isCommon && [...steps.values()][0])",
    why: "a device that is behind the others gets their step, and misses what it lacks",
    tests: SUBSCRIBE,
  },
  {
    file: "src/inbox/next-step.ts",
    text: `to === since ? "told" : since < lost ? null : since`,
    instead: `to === since ? "told" : since`,
    why: "after a rest a device is not told that a topic lost messages",
    tests: ["test/inbox/next-step.test.ts"],
  },
  {
    file: "src/inbox/next-step.ts",
    text: "told.epoch === EMPTY_EPOCH ? 0 : null",
    instead: "null",
    why: "the first message of a topic makes each device load all of it",
    tests: ["test/inbox/next-step.test.ts"],
  },
  {
    file: "src/inbox/next-step.ts",
    text: "offset === null || offset < lost",
    instead: "offset === null",
    why: "a device is not told that a topic lost messages that it has not had",
    tests: ["test/inbox/next-step.test.ts"],
  },
  {
    file: "src/inbox/next-step.ts",
    text: `  if (offset >= to) return "told";\n`,
    instead: "",
    why: "what comes twice is told twice, and the device's place goes back",
    tests: ["test/inbox/next-step.test.ts"],
  },
  {
    file: "src/inbox/next-step.ts",
    text: `offset < since ? "gap" : offset`,
    instead: "offset",
    why: "a device misses what lies between two batches",
    tests: ["test/inbox/next-step.test.ts"],
  },
  {
    file: "src/inbox/next-step.ts",
    text: "exclude !== connection && (offset ?? 0) > (start ?? 0)",
    instead: "(offset ?? 0) > (start ?? 0)",
    why: "a device hears its own message",
    tests: ["test/inbox/next-step.test.ts"],
  },
  {
    file: "src/inbox/next-step.ts",
    text: " && (offset ?? 0) > (start ?? 0)",
    instead: "",
    why: "a device is told again what two batches share",
    tests: ["test/inbox/next-step.test.ts"],
  },
  {
    file: "src/inbox/next-step.ts",
    text: "  if (since === offset) return [];\n",
    instead: "",
    why: "each subscribe that missed nothing brings an empty step",
    tests: ["test/inbox/next-step.test.ts"],
  },
];
