// `curl` as a command, for scripts that call it: takes the arguments of one call, prints the body of the
// answer.

import { parseCurl, performCall } from "./curl.ts";

const response = await performCall(parseCurl(process.argv.slice(2)), new AbortController().signal);
process.stdout.write(await response.text());
// The exit code of curl with `--fail-with-body`.
if (!response.ok) process.exitCode = 22;
