// belfry publish: one message from the arguments, or many from a pipe.

import type { Hub, Result, Stored } from "../client/server.ts";
import { LIST_MESSAGES_MAX } from "../protocol/limits.ts";
import type { Address, Message, NewMessage } from "../protocol/message.ts";
import { backendOf, hubAnswer } from "./call-hub.ts";
import type { Call, Command } from "./command.ts";
import { PartlyRefusedError, UsageError } from "./failure.ts";
import { messageOf, type Piped, pipedMessages } from "./messages.ts";
import { readAddress } from "./names.ts";
import type { Output } from "./output.ts";

/** The most bytes of messages in one request; the hub's limit for a body is 1 MiB. */
const LIST_BYTES_MAX = 900_000;

export const publish: Command = {
  name: "publish",
  operands: "<address> [<text> | -]",
  count: [1, 2],
  about: "Publishes to a user's inbox or a topic.",
  details:
    "The text is the title of a notification, or with --title its body. With - messages are read\nfrom stdin as JSON, one a line or an array, and sent as they come; options count for those\nthat do not say otherwise.",
  options: {
    title: { value: "text", about: "title of the notification" },
    url: { value: "url", about: "where a click leads" },
    type: { value: "type", about: "the kind of event, for programs: build.passed" },
    data: { value: "json", about: "yours, for programs" },
    category: { value: "name", about: "for lists to filter by" },
    ttl: { value: "time", about: "how long it is worth keeping: seconds, 15m, 1h, 7d" },
    id: { value: "id", about: "makes it safe to run this again within 24 hours" },
  },
  examples: [
    'belfry publish user:ada "Build passed" --url /builds/118',
    "belfry publish topic:news --type release --data '{\"version\":2}'",
    "belfry publish topic:log - < messages.ndjson",
  ],
  run: publishAll,
};

async function publishAll({ operands, options, output, stdin, hub }: Call): Promise<void> {
  const [to = "", text] = operands;
  readAddress(to);
  const isPiped = text === "-";
  if (text === "") throw new UsageError("the text is empty");
  const message = messageOf(options, isPiped ? undefined : text);
  if (isPiped) {
    if (message.id !== undefined)
      throw new UsageError("--id is for one message: give each that is piped in its own `id`");
    return publishPiped(to, message, stdin, backendOf(await hub()), output);
  }
  if (Object.keys(message).every((field) => ["id", "category", "ttl"].includes(field)))
    throw new UsageError("there is nothing to publish: give a text, --type or --data");
  const backend = backendOf(await hub());
  const published = await backend.publish(to as Address, message as NewMessage);
  const stored = hubAnswer(published, ["id", "offset"]);
  await output.result(stored, storedLine(to, stored));
}

function storedLine(to: string, { id, offset, duplicate }: Omit<Stored, "epoch">): string {
  const place = offset === null ? "sent, and kept nowhere" : `at ${offset}`;
  return `${to}  ${duplicate ? "there already, " : ""}${place}  ${id}`;
}

async function publishPiped(
  to: string,
  defaults: Message,
  stdin: AsyncIterable<Buffer>,
  backend: Hub,
  output: Output,
): Promise<void> {
  const sum = { stored: 0, duplicate: 0, failed: 0 };
  const refuse = (place: string, fault: string) => {
    sum.failed += 1;
    output.fault(`${place}: ${fault}`);
  };
  for await (const piped of pipedMessages(stdin)) {
    const whole = piped.map((each) =>
      "fault" in each ? each : { ...each, message: { ...defaults, ...each.message, to } },
    );
    for (const list of listsOf(whole, refuse)) {
      // The hub checks the address and the content of each message on its own.
      const messages = list.map(({ message }) => message as NewMessage & { to: Address });
      const answer = await backend
        .publishMany(messages)
        .then((given) => hubAnswer(given, ["results[]"]))
        .catch((cause) => {
          // Earlier lists are reported. The messages of this list may be stored, but no answer confirms it.
          output.remark(`${list[0]?.place}: from here on nothing is known to be stored`);
          throw cause;
        });
      for (const [i, result] of answer.results.entries()) {
        await output.result(result, resultLine(result));
        if ("code" in result)
          output.fault(`${list[i]?.place}: ${result.field ?? result.code}: ${result.fix}`);
      }
      for (const kind of ["stored", "duplicate", "failed"] as const) sum[kind] += answer[kind];
    }
  }
  output.remark(`${sum.stored} stored, ${sum.duplicate} there already, ${sum.failed} failed`);
  if (sum.failed > 0)
    throw new PartlyRefusedError(
      `${sum.failed} of ${sum.stored + sum.duplicate + sum.failed} failed, each listed above`,
    );
}

type Whole = { place: string; message: Message & { to: string } };

/** Yields lists that each fit into one request; passes every faulty message to `refuse`. */
function* listsOf(
  all: readonly (Whole | Extract<Piped, { fault: string }>)[],
  refuse: (place: string, fault: string) => void,
): Generator<Whole[]> {
  let list: Whole[] = [];
  let bytes = 0;
  for (const each of all) {
    if ("fault" in each) {
      refuse(each.place, each.fault);
      continue;
    }
    const size = Buffer.byteLength(JSON.stringify(each.message));
    if (size > LIST_BYTES_MAX) {
      refuse(each.place, "a message has at most 64 KiB");
      continue;
    }
    if (list.length === LIST_MESSAGES_MAX || bytes + size > LIST_BYTES_MAX) {
      yield list;
      [list, bytes] = [[], 0];
    }
    list.push(each);
    bytes += size;
  }
  if (list.length > 0) yield list;
}

function resultLine(result: Result): string {
  if ("code" in result) return `${result.to}  refused  ${result.code}`;
  return storedLine(result.to, { ...result, duplicate: result.status === 200 });
}
