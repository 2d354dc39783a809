import type { Mutant } from "./mutant.ts";

export const SOCKET: Mutant[] = [
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
];
