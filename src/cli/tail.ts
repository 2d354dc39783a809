// belfry tail: shows the messages of a user's inbox or of a topic as they arrive.

import { setTimeout as wait } from "node:timers/promises";
import { type Cursor, parseCursor } from "../protocol/cursor.ts";
import type { InboxMessage, LogMessage } from "../protocol/message.ts";
import { parseHistorySince, SINCE_FORMS } from "../protocol/since.ts";
import { backendOf, hubAnswer, inPath } from "./call-hub.ts";
import type { Call, Command } from "./command.ts";
import { UsageError } from "./failure.ts";
import type { Target } from "./find-hub.ts";
import { inboxSince } from "./inbox-pages.ts";
import { lineOf } from "./lines.ts";
import { readAddress } from "./names.ts";
import { type Source, streamFrom } from "./stream.ts";

export const tail: Command = {
  name: "tail",
  operands: "<address>",
  count: [1, 1],
  about: "Shows the messages of an inbox or a topic, from now on or since a time.",
  details:
    "It goes on by itself after a lost connection, misses nothing, and shows nothing twice.\nCtrl-C ends it.",
  options: {
    since: { value: "when", about: "begin earlier: 90s, 15m, 1h, 7d, a time, or a cursor" },
    count: { value: "n", about: "end after so many messages" },
  },
  examples: ["belfry tail topic:news --since 1h", "belfry tail user:ada | jq .notification.title"],
  run: showTail,
};

async function showTail({ operands, options, output, hub }: Call): Promise<void> {
  const address = readAddress(operands[0] as string);
  const since = options.text("since") ?? "latest";
  const begin = since === "latest" ? since : parseHistorySince(since, Date.now());
  if (begin === null) throw new UsageError(SINCE_FORMS.replace("`since`", "--since"));
  let left = options.whole("count", 1) ?? Number.POSITIVE_INFINITY;
  const target = await hub();
  const enough = new AbortController();
  const show = async (message: LogMessage) => {
    await output.result(message, lineOf(message));
    left -= 1;
    if (left === 0) enough.abort();
  };

  const isTime = typeof begin === "object" && "time" in begin;
  const source: Source =
    address.kind === "topic"
      ? {
          path: `topics/${inPath(address.name)}/connect`,
          credential: async () => target.key,
          begin: parseCursor(since) ?? since,
          hasAnswered: false,
        }
      : {
          path: "connect",
          credential: () => userToken(target, address.name),
          // An inbox stream cannot start at a time: list the messages since then, and continue from the
          // cursor of the list.
          begin: isTime
            ? await showEarlier(target, address.name, begin.time, show, enough.signal)
            : begin,
          hasAnswered: isTime,
        };
  if (enough.signal.aborted) return;
  await streamFrom(source, {
    url: target.url,
    show,
    remark: (text) => output.remark(text),
    signal: enough.signal,
    random: Math.random,
    wait,
  });
}

/** Shows an inbox since a time, oldest message first; returns the cursor to continue from. */
async function showEarlier(
  target: Target,
  user: string,
  time: number,
  show: (message: InboxMessage) => Promise<void>,
  signal: AbortSignal,
): Promise<Cursor> {
  const { messages, cursor } = await inboxSince(target, user, time);
  for (const message of messages.reverse()) {
    if (signal.aborted) break;
    await show(message);
  }
  return cursor;
}

async function userToken(target: Target, user: string): Promise<string> {
  return hubAnswer(await backendOf(target).mintToken({ user }), ["token"]).token;
}
