import type { Mutant } from "./mutant.ts";

export const PROTOCOL: Mutant[] = [
  {
    file: "src/protocol/up.ts",
    text: "Object.hasOwn(DECODERS, type)",
    instead: "type in DECODERS",
    why: "a frame of the type `toString` is never answered",
    tests: ["test/protocol/up.test.ts"],
  },
  {
    file: "src/protocol/notification.ts",
    text: "if (depth === 0 && ",
    instead: "if (",
    why: "a `notification` deep in `data` makes a message count",
    tests: ["test/protocol/notification.test.ts"],
  },
];
