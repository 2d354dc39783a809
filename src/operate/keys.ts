// npm run keys [-- <name> [<scope>,…]]: an API key, its digest, and how to set both secrets.

import { KeyFault, keyInstructions, newKey, parseScopes } from "./credentials.ts";

const [name = "backend", scopes] = process.argv.slice(2);
try {
  console.log(keyInstructions(newKey(name, parseScopes(scopes))));
} catch (cause) {
  if (!(cause instanceof KeyFault)) throw cause;
  console.error(cause.message);
  process.exitCode = 2;
}
