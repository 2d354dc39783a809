import type { Mutant } from "../mutant.ts";

const file = "src/inbox/apply-mark.ts";
const tests = ["test/inbox/marks.test.ts"];
const ROWS = ["test/inbox/inbox-rows.test.ts"];

export const MARK: Mutant[] = [
  {
    file,
    text: "if (change.epoch !== current.epoch)",
    instead: "if (false)",
    why: "after an erase an old page marks messages that its user has not seen",
    tests,
  },
  {
    file,
    text: "watermark !== undefined && upTo < watermark.upTo",
    instead: "watermark !== undefined && upTo < 0",
    why: "after many marks what had been read is unread again",
    tests: [...tests, ...ROWS],
  },
  {
    file,
    text: `if ((flag === "read" ? meta.unread : meta.unseen) === 0)`,
    instead: "if (false)",
    why: "each look at an inbox without news costs a row and a frame to each device",
    tests,
  },
  {
    file,
    text: "    log.confirm();\n",
    instead: "",
    why: "an instance that was replaced says that nothing was unread",
    tests: ["test/log/log-replaced.test.ts"],
  },
  {
    file,
    text: "change.remove || !isSame(before, after)",
    instead: "true",
    why: "a mark of what is marked already costs rows and tells devices a change that is none",
    tests,
  },
  {
    file,
    text: "change.remove || !isSame(before, after)",
    instead: "!isSame(before, after)",
    why: "nothing can be deleted",
    tests,
  },
  {
    file,
    text: "    next.meta.removed = changed;\n",
    instead: "",
    why: "a device that was away goes on showing what was deleted",
    tests,
  },
  {
    file,
    text: "wasArchived ? UNARCHIVED : after.archived_at",
    instead: "after.archived_at",
    why: "a device that was away never gets what was taken back from the archive",
    tests,
  },
  {
    file,
    text: "touched.filter(({ before, after }) => before[flag] !== after[flag])",
    instead: "touched",
    why: "devices take for seen now what was seen long ago",
    tests,
  },
];
