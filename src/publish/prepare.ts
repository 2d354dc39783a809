// The way from a parsed item to its draft: the message is checked, given a source, handled and printed.

import { handlers } from "../handlers.ts";
import type { Draft } from "../log/entry.ts";
import type { Address } from "../protocol/address.ts";
import { isRefusal, type Refusal, refusal } from "../protocol/error.ts";
import type { Handler, Sender } from "../protocol/handler.ts";
import { HUB_SOURCE, type Message } from "../protocol/message.ts";
import { report } from "../protocol/report.ts";
import { draftFromMessage } from "./draft.ts";
import { parseMessage } from "./parse.ts";
import { handlerOf, runHandler } from "./run-handler.ts";

/**
 * The publisher of a message. A user's messages always name the user; a backend may name its parts.
 */
export interface Publisher {
  source: string;
  isUser: boolean;
  /** The names of the other API keys, which the publisher may not use as its source. */
  others: readonly string[];
  /** The name of the publish in log lines: the id of the request, or of a socket's connection. */
  requestId: string;
}

export interface Prepared {
  to: Address;
  draft: Draft;
}

type Ready = Prepared | Refusal;

/**
 * Takes one item as parsed JSON, its address, and the id to use if it has none; returns its draft and
 * final address, or a refusal. Returns a promise only where there is something to wait for: a list of a
 * thousand items must not wait a thousand times.
 */
export function prepare(
  value: unknown,
  to: Address,
  publisher: Publisher,
  key: string | null,
): Ready | Promise<Ready> {
  const parsed = parseMessage(value);
  if (isRefusal(parsed)) return parsed;
  const source = sourceOf(parsed.message.source, publisher);
  if (isRefusal(source)) return source;
  const handler = handlerOf(handlers, parsed.message.type);
  return handler === undefined
    ? drafted(parsed.message, to, source, key)
    : prepareHandled(handler, parsed.message, { source, to }, key, publisher.requestId);
}

async function prepareHandled(
  handler: Handler,
  message: Message,
  sender: Sender,
  key: string | null,
  requestId: string,
): Promise<Ready> {
  try {
    const handled = await runHandler(handler, message, sender);
    if (isRefusal(handled)) return handled;
    const checked = parseMessage(handled.message);
    if (isRefusal(checked)) throw new Error(`it gave no message: ${checked.fix}`);
    return drafted(checked.message, handled.to, sender.source, key);
  } catch (cause) {
    // A handler that fails must affect its own message only.
    report("handler_failed", { request_id: requestId, type: message.type }, cause);
    return refusal("internal", "send it again; if it stays so, look up handler_failed in the logs");
  }
}

function drafted(
  message: Message,
  to: Address,
  source: string,
  key: string | null,
): Ready | Promise<Ready> {
  const ready = (draft: Draft | Refusal): Ready => {
    if (isRefusal(draft)) return draft;
    // An inbox is the same on all devices, so only topics exclude a connection.
    const { exclude } = message;
    return { to, draft: to.kind === "topic" && exclude ? { ...draft, exclude } : draft };
  };
  const draft = draftFromMessage(message, source, key);
  return draft instanceof Promise ? draft.then(ready) : ready(draft);
}

/**
 * Returns the source of a message. Ids are remembered by source, so no publisher may use the source of
 * another.
 */
function sourceOf(asked: string | undefined, publisher: Publisher): string | Refusal {
  if (asked === undefined || asked === publisher.source) return publisher.source;
  if (publisher.isUser)
    return refusal(
      "insufficient_scope",
      "leave `source` out: a user's is always the user",
      "source",
    );
  if (asked === HUB_SOURCE)
    return refusal("invalid_params", `\`source\` ${HUB_SOURCE} is the hub's own`, "source");
  if (publisher.others.includes(asked))
    return refusal("invalid_params", "`source` is the name of another API key", "source");
  return asked.startsWith("user:")
    ? refusal(
        "invalid_params",
        "`source` may not begin with `user:`: those are users' own",
        "source",
      )
    : asked;
}
