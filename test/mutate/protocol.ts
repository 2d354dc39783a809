import type { Mutant } from "./mutant.ts";

export const PROTOCOL: Mutant[] = [
  {
    file: "src/protocol/notification.ts",
    text: "if (depth === 0 && ",
    instead: "if (",
    why: "a `notification` deep in `data` makes a message count",
    tests: ["test/protocol/notification.test.ts"],
  },
];
