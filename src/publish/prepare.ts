// Everything between a parsed item and its draft: checked, named, handled, printed.

import { handlers } from "../handlers.ts";
import type { Draft } from "../log/entry.ts";
import type { Address } from "../protocol/address.ts";
import { type Refusal, refusal } from "../protocol/error.ts";
import { draftOf } from "./draft.ts";
import { handle } from "./handle.ts";
import { parseMessage } from "./parse.ts";

/** Who publishes. A user's messages always name the user; a backend may name its own parts. */
export interface Publisher {
  source: string;
  isUser: boolean;
}

export interface Prepared {
  to: Address;
  draft: Draft;
}

/**
 * Takes one item as parsed JSON, where it is to go, and the id that stands for it if it has none;
 * gives its draft and where it goes, or why it is refused.
 */
export async function prepare(
  value: unknown,
  to: Address,
  publisher: Publisher,
  key: string | null,
): Promise<Prepared | Refusal> {
  const parsed = parseMessage(value);
  if ("code" in parsed) return parsed;
  const named = sourceOf(parsed.message.source, publisher);
  if (typeof named !== "string") return named;
  const handled = await handle(handlers, parsed.message, { source: named, to });
  if ("code" in handled) return handled;
  const checked = handled.changed ? parseMessage(handled.value) : parsed;
  if ("code" in checked) throw new Error(`a handler gave no message: ${checked.fix}`);
  const draft = await draftOf(checked.message, named, key);
  return "code" in draft ? draft : { to: handled.to, draft };
}

/** Ids are remembered by source, so nobody may speak as a source that is another's. */
function sourceOf(asked: string | undefined, publisher: Publisher): string | Refusal {
  if (asked === undefined || asked === publisher.source) return publisher.source;
  if (publisher.isUser)
    return refusal(
      "insufficient_scope",
      "leave `source` out: a user's is always the user",
      "source",
    );
  return asked.startsWith("user:")
    ? refusal(
        "invalid_params",
        "`source` may not begin with `user:`: those are users' own",
        "source",
      )
    : asked;
}
