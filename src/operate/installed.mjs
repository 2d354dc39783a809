// Runs before each script, in JavaScript: where `npm ci` did not bring what the script needs, an old Node
// would fail on TypeScript with a stack, and a new one on a module that is not there.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const COMMAND = new URL("dist/belfry.js", ROOT);

/** They need nothing but a Node that is new enough. */
const NEED_NO_MODULE = /[\\/](keys|smoke)\.ts$/;

const isThere = (name) => existsSync(new URL(`node_modules/${name}`, ROOT));

const REMEDY =
  "run `npm ci`, which brings all that Belfry needs (`npm ci --include=dev` where NODE_ENV is production)";

/** Gives what is lacking, in words; null when nothing is. */
function lackingFor(script) {
  if (!process.features.typescript) return `Node ${process.versions.node} is too old`;
  const hasModules = NEED_NO_MODULE.test(script) || (isThere("esbuild") && isThere("wrangler"));
  return hasModules ? null : "Modules are missing";
}

/** npx looks for the command once, and keeps for good that there is none. The build replaces this one. */
function leaveCommand() {
  if (existsSync(COMMAND)) return;
  mkdirSync(new URL(".", COMMAND), { recursive: true });
  const said = JSON.stringify(`belfry is not built: ${REMEDY}`);
  const text = `#!/usr/bin/env node\nconsole.error(${said});\nprocess.exitCode = 2;\n`;
  writeFileSync(COMMAND, text, { mode: 0o755 });
}

const lacking = lackingFor(process.argv[1] ?? "");
if (lacking !== null) {
  console.error(`${lacking}: ${REMEDY}`);
  const { npm_lifecycle_event: event, npm_command: command = "" } = process.env;
  // An installation ends well all the same, unlike a package that would have nothing in it.
  const isInstalling = event === "postprepare" && ["ci", "install", "exec"].includes(command);
  if (isInstalling) leaveCommand();
  process.exit(isInstalling ? 0 : 2);
}
