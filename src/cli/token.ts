// belfry token: makes a user's token, for a page, an app or curl.

import { ACTIONS, type Caps, parseCaps } from "../protocol/caps.ts";
import { isRefusal } from "../protocol/error.ts";
import { backendOf, hubAnswer } from "./call-hub.ts";
import type { Call, Command } from "./command.ts";
import { UsageError } from "./failure.ts";
import { readUser } from "./names.ts";

export const token: Command = {
  name: "token",
  operands: "--user <user>",
  count: [0, 0],
  about: "Makes a token for a user. It opens the user's inbox, and the topics that --caps names.",
  details: `A cap is \`topic:<name or prefix*>=<actions>\`, of ${ACTIONS.join(", ")}; or all of them as JSON.`,
  options: {
    user: { value: "user", about: "the user of the token" },
    caps: { value: "cap", repeated: true, about: "an allowed action on topics" },
    ttl: { value: "time", about: "how long it is valid, such as 15m or 7d; an hour when absent" },
  },
  examples: [
    "belfry token --user ada",
    "belfry token --user ada --caps 'topic:builds.*=subscribe,follow' --ttl 1d",
  ],
  run: printToken,
};

async function printToken({ options, output, hub }: Call): Promise<void> {
  const named = options.text("user");
  if (named === undefined) throw new UsageError("it takes --user <user>");
  const user = readUser(named);
  const caps = readCaps(options.texts("caps"));
  const ttl = options.seconds("ttl");
  const claims = { user, caps, ...(ttl === undefined ? {} : { ttl }) };
  const minted = hubAnswer(await backendOf(await hub()).mintToken(claims), ["token"]);
  await output.text(minted, minted.token);
  output.remark(`valid until ${minted.expires_at}`);
}

/** Takes the values of `--caps`: JSON, or `topic:news=subscribe,publish`. Throws a UsageError. */
function readCaps(texts: readonly string[]): Caps {
  const claimed: Record<string, unknown> = {};
  for (const text of texts) {
    if (text.trimStart().startsWith("{")) Object.assign(claimed, parseJson(text));
    else {
      const equals = text.lastIndexOf("=");
      if (equals === -1)
        throw new UsageError(`--caps is such as topic:news=subscribe,publish; "${text}" is not`);
      claimed[text.slice(0, equals)] = text.slice(equals + 1).split(",");
    }
  }
  const caps = parseCaps(claimed);
  if (isRefusal(caps)) throw new UsageError(caps.fix);
  return caps;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--caps is not JSON: ${(cause as Error).message}`);
  }
}
