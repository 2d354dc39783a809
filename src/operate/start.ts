// npm start: a hub on this machine that needs no configuration. Makes development secrets on the first
// start (in .dev.vars and .dev.key, which git ignores), starts `wrangler dev` with the development page
// in front of it, and prints how to publish and receive. `npx belfry` finds the address in .dev.url
// while the hub runs.

import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { startFront } from "../console/server/front.ts";
import { KeyFault } from "./credentials.ts";
import { developmentKey } from "./development-key.ts";
import { setsJurisdiction } from "./jurisdiction.ts";
import { portFault } from "./port.ts";
import { leaveAddress, removeAddress, runningHub } from "./running.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const URL_FILE = join(ROOT, ".dev.url");
const STORAGE = ".wrangler/state";
const USER = "ada";
const PORT = 8787;

async function mintToken(url: string, key: string): Promise<string> {
  const response = await fetch(`${url}/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({
      user: USER,
      ttl: 86_400,
      caps: { "topic:*": ["subscribe", "publish"] },
    }),
  });
  if (!response.ok)
    throw new Error(`the hub answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { token: string }).token;
}

async function greet(url: string, key: string): Promise<void> {
  const token = await mintToken(url, key);
  console.log(`
Belfry is up at ${url}

Open it in a browser: two users, a form to publish with, and every frame between them. Or by hand:

1. Watch ${USER}'s inbox, in another terminal:

curl -N ${url}/v1/connect -H "Accept: text/event-stream" -H "Authorization: Bearer ${token}"

2. Publish to ${USER}:

curl ${url}/v1/users/${USER}/notifications -H "Authorization: Bearer ${key}" -d '{"notification":{"title":"Build passed","url":"https://example.com/builds/118"}}'

3. Receive on a page: put this into a file bell.html, and open it in a browser:

<script type="module" src="${url}/belfry-inbox.js"></script>
<belfry-inbox url="${url}" token="${token}"></belfry-inbox>

The token is ${USER}'s for a day. Everything is kept in .wrangler; stop with Ctrl-C.
`);
}

function givenKey(): string {
  try {
    return developmentKey(ROOT);
  } catch (cause) {
    if (!(cause instanceof KeyFault)) throw cause;
    console.error(cause.message);
    process.exit(1);
  }
}

/**
 * Takes `--<name>=<value>` or `--<name> <value>` out of the arguments, and returns the value. The other
 * arguments go to wrangler.
 */
function takeOption(args: string[], name: string): string | undefined {
  const i = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (i < 0) return undefined;
  const [taken = "", value] = args.splice(i, args[i] === `--${name}` ? 2 : 1);
  return value ?? taken.slice(name.length + 3);
}

const args = process.argv.slice(2);
const port = takeOption(args, "port");
const host = takeOption(args, "ip") ?? "127.0.0.1";
const storage = takeOption(args, "persist-to") ?? STORAGE;
const key = givenKey();
const ownFile = join(resolve(ROOT, storage), "belfry.url");
const other = await runningHub(ownFile, key);
if (other !== null) {
  console.error(`A hub runs already at ${other}, and two cannot share the storage in ${storage}.`);
  console.error("End that one first, or name another folder: npm start -- --persist-to=<folder>");
  process.exit(1);
}
const fault = port === undefined ? null : await portFault(port, host);
if (fault !== null) {
  console.error(`Belfry cannot start: ${fault}. Choose another: npm start -- --port=<number>`);
  process.exit(1);
}
/** Turns off the platform's tools, which let any page on this machine see and change stored data. */
const WITHOUT_TOOLS = { X_LOCAL_EXPLORER: "false", X_LOCAL_OBSERVABILITY: "false" };
/** Wrangler lets in a debugger without a key, so it must not use the well-known port. */
const inspector = args.some((arg) => arg.startsWith("--inspector-port"))
  ? []
  : ["--inspector-port=0"];
const config = takeOption(args, "config");
const jurisdiction = setsJurisdiction(ROOT, config) ? ["--var=JURISDICTION:"] : [];
if (jurisdiction.length > 0)
  console.log("JURISDICTION is ignored: the runtime on this machine has no jurisdictions.");
/**
 * The files that receive the hub's address. If another hub is named in .dev.url, `npx belfry` continues
 * to find that one.
 */
const files = (await runningHub(URL_FILE, key)) === null ? [ownFile, URL_FILE] : [ownFile];
const wrangler = spawn(
  process.execPath,
  [
    join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
    "dev",
    "--ip=127.0.0.1",
    "--port=0",
    `--persist-to=${storage}`,
    "--show-interactive-dev-session=false",
    ...inspector,
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...jurisdiction,
    ...args,
  ],
  {
    cwd: ROOT,
    stdio: ["inherit", "pipe", "inherit"],
    env: { ...process.env, ...WITHOUT_TOOLS },
  },
);
// SIGHUP means that the terminal was closed. Wrangler does not know it, and gets SIGTERM instead.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => wrangler.kill(signal === "SIGHUP" ? "SIGTERM" : signal));
let url: string | undefined;
wrangler.on("exit", (code) => {
  for (const file of files) removeAddress(file, url);
  process.exit(code ?? 0);
});

async function open(hubUrl: string): Promise<void> {
  url = await startFront({
    hubUrl,
    key,
    host,
    port: Number(port ?? PORT),
    isFlexible: port === undefined,
  });
  for (const file of files) leaveAddress(file, url);
  if (port === undefined && !url.endsWith(`:${PORT}`))
    console.log(`\n${PORT} is taken, so this hub is at ${url}`);
  greet(url, key).catch((cause: Error) => {
    console.error(`The hub is up, but no token could be had: ${cause.message}`);
    console.error("Delete .dev.vars and .dev.key and start again to get matching secrets.");
  });
}

createInterface({ input: wrangler.stdout }).on("line", (line) => {
  const ready = /Ready on (http:\/\/\S+)/.exec(line);
  if (!ready) return console.log(line);
  if (url !== undefined) return;
  open(ready[1] as string).catch((cause: Error) => {
    console.error(`The hub cannot be reached at port ${port ?? PORT}: ${cause.message}`);
    wrangler.kill();
  });
});
