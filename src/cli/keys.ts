// belfry keys new: makes an API key and says how to configure it. It calls no hub.

import { KeyFault, keyInstructions, newKey, parseScopes } from "../operate/credentials.ts";
import { SCOPES } from "../protocol/api-key.ts";
import type { Call, Command } from "./command.ts";
import { UsageError } from "./failure.ts";

export const keys: Command = {
  name: "keys",
  operands: "new [<name>]",
  count: [1, 2],
  about: "Makes an API key, and says how to give its digest to the hub.",
  details:
    "Nothing is sent anywhere. The name becomes the `source` of each message published with it.",
  options: { scopes: { value: "list", about: `of ${SCOPES.join(",")}; absent: all` } },
  examples: ["belfry keys new", "belfry keys new ci --scopes publish"],
  run: printKey,
};

async function printKey({ operands, options, output }: Call): Promise<void> {
  const [verb, name = "backend"] = operands;
  if (verb !== "new") throw new UsageError(`\`keys new\` makes a key; "${verb}" is not known`);
  try {
    const made = newKey(name, parseScopes(options.text("scopes")));
    await output.text(made, keyInstructions(made));
  } catch (cause) {
    throw cause instanceof KeyFault ? new UsageError(cause.message) : cause;
  }
}
