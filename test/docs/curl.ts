// `curl` as the documentation uses it, done by `fetch`: a machine that runs the tests has Node, and
// not always curl. The shell's part (quotes, variables) is left to the shell. To extend: add the
// option to `OPTIONS`, or refuse it, as is done with any that is not there.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A call, as `curl` would make it. */
export interface Call {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
}

/** Options by name: whether they take a value. Those without one change nothing here. */
const OPTIONS: Record<string, boolean> = {
  "-X": true,
  "-H": true,
  "-d": true,
  "--data-binary": true,
  "-N": false,
  "-i": false,
  "-s": false,
  "-S": false,
  "-f": false,
  "--fail-with-body": false,
};

/** Takes the arguments of one `curl`; gives the call. Throws on an option it does not know. */
export function parseCurl(args: readonly string[]): Call {
  const headers = new Headers();
  let url: string | null = null;
  let method: string | null = null;
  let body: string | null = null;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!arg.startsWith("-")) {
      url = arg;
      continue;
    }
    for (const option of optionsOf(arg)) {
      const takesValue = OPTIONS[option];
      if (takesValue === undefined) throw new Error(`curl ${option} is not known here`);
      if (!takesValue) continue;
      i += 1;
      const value = args[i] ?? "";
      if (option === "-X") method = value;
      else if (option === "-H") headers.append(...pairOf(value));
      else body = value;
    }
  }
  if (url === null) throw new Error("curl is given no URL");
  // What curl itself sends with a body when nobody says.
  if (body !== null && !headers.has("content-type"))
    headers.set("content-type", "application/x-www-form-urlencoded");
  return { url, method: method ?? (body === null ? "GET" : "POST"), headers, body };
}

export function performCall(call: Call, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = call;
  return fetch(url, { method, headers, body, signal });
}

/** Takes the text of one `curl` command; gives its arguments as a shell makes them. */
export async function argumentsOf(
  command: string,
  variables: Record<string, string>,
): Promise<string[]> {
  const told = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const { stdout } = await promisify(execFile)("sh", ["-euc", told], { env: variables });
  return stdout.split("\0").slice(0, -1);
}

/** `-fsS` is three options; `--data-binary` is one. */
function optionsOf(arg: string): string[] {
  return arg.startsWith("--") ? [arg] : [...arg.slice(1)].map((letter) => `-${letter}`);
}

function pairOf(header: string): [string, string] {
  const colon = header.indexOf(":");
  return [header.slice(0, colon).trim(), header.slice(colon + 1).trim()];
}
