// `curl` as a command, for scripts that call it: the arguments of one call, its answer's body out.

import { parseCurl, performCall } from "./curl.ts";

const response = await performCall(parseCurl(process.argv.slice(2)), new AbortController().signal);
process.stdout.write(await response.text());
// `--fail-with-body`; what curl itself ends with.
if (!response.ok) process.exitCode = 22;
