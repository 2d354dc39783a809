import type { Mutant } from "./mutant.ts";
import { SOCKET_LIMIT } from "./socket-limit.ts";
import { SOCKETS } from "./sockets.ts";

export const SOCKET: Mutant[] = [
  ...SOCKET_LIMIT,
  ...SOCKETS,
  {
    file: "src/live/live-log.ts",
    text: "      await log.store.durable();\n",
    instead: "",
    why: "a crash leaves an object with an alarm and nothing in it, or its messages without an alarm",
    tests: ["test/live/live-log.test.ts"],
  },
  {
    file: "src/live/live-log.ts",
    text: "if (appended.entries.length > 0)",
    instead: "if (appended.entries.length >= 0)",
    why: "each repeat of a publish sends every device an empty frame",
    tests: ["test/live/live-log.test.ts"],
  },
  {
    file: "src/live/live-log.ts",
    text: "    if (restedMs > 2 * broadcastMs) return 0;\n",
    instead: "",
    why: "the first message after a rest is held back",
    tests: ["test/live/live-log.test.ts"],
  },
  {
    file: "src/live/live-log.ts",
    text: "return Math.min(GATHER_MS_MAX, Math.max(GATHER_MS_MIN, broadcastMs / 2));",
    instead: "return broadcastMs / 2;",
    why: "in a topic of ten thousand sockets each message is held back for a tenth of a second",
    tests: ["test/live/live-log.test.ts"],
  },
  {
    file: "src/live/live-log.ts",
    text: "durable: () => deps.log.store.durable(),",
    instead: "durable: () => Promise.resolve(),",
    why: "publishes that come while a write is becoming durable do not share the next",
    tests: ["test/live/live-log.test.ts"],
  },
  {
    file: "src/socket/receive.ts",
    text: "return frame.isUnreadable\n",
    instead: "return true\n",
    why: "an app's mistakes close its client for good",
    tests: ["test/socket/receive-frames.test.ts"],
  },
];
