// npm run keys [-- <name> [<scope>,…]]: an API key, its digest, and how to set both secrets.

import { SCOPES, type Scope } from "../protocol/api-key.ts";
import { newKey, newSecret } from "./credentials.ts";

const [name = "backend", list] = process.argv.slice(2);
const scopes = (list?.split(",") ?? SCOPES) as Scope[];
const unknown = scopes.find((scope) => !SCOPES.includes(scope));
if (unknown !== undefined) {
  console.error(`"${unknown}" is no scope: choose of ${SCOPES.join(", ")}`);
  process.exit(2);
}

try {
  const { key, entry } = newKey(name, scopes);
  console.log(`
API key, for your backend. It is shown this once:

  ${key}

Its digest, which is all the hub knows of it:

  ${entry.sha256}

Set it. API_KEYS is a list: to add a key, put the new entry beside those you have.

  echo '${JSON.stringify([entry])}' | npx wrangler secret put API_KEYS

The secret that users' tokens are signed with, unless you set JWKS_URL. To rotate it, set a JSON
list of the new one and the previous one.

  echo '${newSecret()}' | npx wrangler secret put JWT_SECRETS
`);
} catch (cause) {
  console.error((cause as Error).message);
  process.exit(2);
}
