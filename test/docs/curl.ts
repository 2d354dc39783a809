// `curl` as the documentation uses it, by `fetch`: a machine that runs the tests has Node, and not always
// curl. The shell handles quotes and variables. Options that are not in `OPTIONS` are refused: add one
// there to support it.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A request, as `curl` would send it. */
export interface Call {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
}

/** Options by name; true: the option takes a value. The others are ignored here. */
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

/** Takes the arguments of one `curl`; returns the call. Throws on an unknown option. */
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
  // The default of curl for a body.
  if (body !== null && !headers.has("content-type"))
    headers.set("content-type", "application/x-www-form-urlencoded");
  return { url, method: method ?? (body === null ? "GET" : "POST"), headers, body };
}

export function performCall(call: Call, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = call;
  return fetch(url, { method, headers, body, signal });
}

/** Takes the text of one `curl` command; returns its arguments as the shell parses them. */
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
