// The check that runs before each script, in JavaScript. Without it an old Node would fail on TypeScript
// with a stack trace, and a new one on a module that `npm ci` has not installed.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const COMMAND = new URL("dist/belfry.js", ROOT);

/** Scripts that need only a Node that is new enough. */
const NEED_NO_MODULE = /[\\/](keys|smoke)\.ts$/;

const isThere = (name) => existsSync(new URL(`node_modules/${name}`, ROOT));

const REMEDY =
  "run `npm ci`, which brings all that Belfry needs (`npm ci --include=dev` where NODE_ENV is production)";

/** Takes the path of a script; returns a text about a missing requirement, or null. */
function lackingFor(script) {
  if (!process.features.typescript) return `Node ${process.versions.node} is too old`;
  const hasModules = NEED_NO_MODULE.test(script) || (isThere("esbuild") && isThere("wrangler"));
  return hasModules ? null : "Modules are missing";
}

/**
 * Writes a stand-in for the command, which the build replaces. Without one, npx would find no command at
 * its only look-up, and remember that for good.
 */
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
  // An installation succeeds all the same; a package must not, since it would be empty.
  const isInstalling = event === "postprepare" && ["ci", "install", "exec"].includes(command);
  if (isInstalling) leaveCommand();
  process.exit(isInstalling ? 0 : 2);
}
