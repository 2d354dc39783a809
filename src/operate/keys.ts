// npm run keys [-- <name> [<scope>,…]]: prints an API key, its digest, and how to set both secrets.

import { SCOPES } from "../protocol/api-key.ts";
import { KeyFault, keyInstructions, newKey, parseScopes } from "./credentials.ts";

const USAGE = `npm run keys [-- <name> [<scopes>]]

Makes an API key, and says how to give its digest to the hub. Nothing is sent anywhere.

  <name>    becomes the \`source\` of each message published with it; "backend" when absent
  <scopes>  of ${SCOPES.join(",")}; all when absent

  npm run keys -- ci publish`;

const [name = "backend", scopes, ...more] = process.argv.slice(2);
try {
  if ([name, scopes].some((arg) => arg === "--help" || arg === "-h")) console.log(USAGE);
  else if (more.length > 0) throw new KeyFault(`"${more[0]}" is one too many\n\n${USAGE}`);
  else console.log(keyInstructions(newKey(name, parseScopes(scopes))));
} catch (cause) {
  if (!(cause instanceof KeyFault)) throw cause;
  console.error(cause.message);
  process.exitCode = 2;
}
