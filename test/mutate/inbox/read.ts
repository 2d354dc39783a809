import type { Mutant } from "../mutant.ts";

const file = "src/inbox/read.ts";
const RESUME = ["test/inbox/greet-resume.test.ts"];
const MARKS = ["test/inbox/marks.test.ts"];

/** The pages that devices and backends read, and the start of a connection. */
export const READ: Mutant[] = [
  {
    file,
    text: "const now = log.now(clock);",
    instead: "const now = clock;",
    why: "what has expired is listed again when the clock steps back",
    tests: ["test/inbox/inbox-clock.test.ts"],
  },
  {
    file,
    text: "recovered && draft !== null",
    instead: "recovered",
    why: "a backend is not told that there was too much to continue",
    tests: RESUME,
  },
  {
    file,
    text: "    units += text.length;\n",
    instead: "",
    why: "a page of large messages is too long for a frame",
    tests: ["test/socket/receive-frames.test.ts"],
  },
  {
    file,
    text: "    if (messages.length === SNAPSHOT_MESSAGES) break;\n",
    instead: "",
    why: "a device loads the whole inbox at each start",
    tests: RESUME,
  },
  {
    file,
    text: "    if (isMessage(row, now, ageMs) && stateOf(row, meta).archived_at === null)",
    instead: "    if (isMessage(row, now, ageMs))",
    why: "what was archived is on the screen again after a start",
    tests: RESUME,
  },
  {
    file,
    text: "return row?.body == null ? [] :",
    instead: "return row === null ? [] :",
    why: "a message without a content is sent to devices",
    tests: [],
    equivalent: "Only a message that is kept is taken back from the archive, and it has a content.",
  },
  {
    file,
    text: "row.offset > since || (row.archived_at === UNARCHIVED && (row.changed ?? 0) > since)",
    instead: "row.offset > since",
    why: "a device that was away never gets what was taken back from the archive",
    tests: MARKS,
  },
  {
    file,
    text: "offset = oldest; offset <= since;",
    instead: "offset = oldest; offset < since;",
    why: "a device keeps the newest message that it held when that was deleted",
    tests: [...MARKS, "test/inbox/greet-gaps.test.ts"],
  },
  {
    file: "src/inbox/greet.ts",
    text: "(iat ?? 0)",
    instead: "(iat ?? meta.notBefore)",
    why: "a token that does not say when it was issued outlives every revocation",
    tests: ["test/inbox/erasure.test.ts"],
  },
  {
    file: "src/inbox/greet.ts",
    text: `typeof since === "string" || first?.snapshot !== true`,
    instead: "true",
    why: "a device that has missed something is told that it has not",
    tests: RESUME,
  },
  {
    file: "src/inbox/greet.ts",
    text: "  if (start === head) return null;\n",
    instead: "",
    why: "each reconnect brings an empty step",
    tests: RESUME,
  },
];
