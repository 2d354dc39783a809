// belfry inbox: a user's notifications, newest first.

import { LIST_STATES } from "../protocol/message.ts";
import type { Call, Command } from "./command.ts";
import { UsageError } from "./failure.ts";
import { inboxPage } from "./inbox-pages.ts";
import { inboxLineOf } from "./lines.ts";
import { readUser } from "./names.ts";

const LIMIT = 20;
const PAGE_MAX = 100;

export const inbox: Command = {
  name: "inbox",
  operands: "<user>",
  count: [1, 1],
  about: "Lists a user's notifications, newest first. ● is unread.",
  options: {
    limit: { value: "n", about: `how many at most, ${LIMIT} when absent` },
    state: {
      value: "state",
      about: `${LIST_STATES.join(", ")}; absent: all that are not archived`,
    },
    category: { value: "name", about: "only this category" },
  },
  examples: ["belfry inbox ada", "belfry inbox ada --state unread --json"],
  run: listInbox,
};

async function listInbox({ operands, options, output, hub }: Call): Promise<void> {
  const user = readUser(operands[0] as string);
  const state = options.text("state");
  if (state !== undefined && !LIST_STATES.some((each) => each === state))
    throw new UsageError(`--state is one of ${LIST_STATES.join(", ")}`);
  const target = await hub();
  let left = options.whole("limit", 1) ?? LIMIT;
  let before: string | undefined;
  for (;;) {
    const limit = String(Math.min(left, PAGE_MAX));
    const query = { limit, before, state, category: options.text("category") };
    const { notifications, counts, next } = await inboxPage(target, user, query);
    for (const message of notifications) await output.result(message, inboxLineOf(message));
    left -= notifications.length;
    if (next !== null && left > 0) {
      before = String(next);
      continue;
    }
    const more = next === null ? "" : "; there is more: --limit";
    output.remark(`${counts.unread} unread of ${counts.total}${more}`);
    return;
  }
}
