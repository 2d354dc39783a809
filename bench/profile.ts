// Profiles a server while one measure runs against it: `node bench/profile.ts --only fanout-32`,
// by default the hub. It needs `perf`; JavaScript shows as one lump, all other code by its name.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { within } from "./generator/deadline.ts";
import { pinGenerator } from "./machine.ts";
import { MEASURES } from "./measures/catalogue.ts";
import { parseOptions } from "./options.ts";
import { startServer } from "./servers/start.ts";

const SAMPLES_PER_SECOND = 499;
const SHARE_SHOWN_MIN = "0.5";
const LINES_SHOWN_MAX = 60;
const PROFILE_MS_MAX = 120_000;

const { measures, servers, seconds } = parseOptions([
  "--only",
  "fanout-32",
  ...process.argv.slice(2),
]);
const [measure] = measures;
const [name] = servers;
if (!measure || !name) throw new Error("There is nothing to profile.");

const folder = join(import.meta.dirname, "out");
mkdirSync(folder, { recursive: true });
const data = join(folder, `${measure}-${name}.perf`);

const server = await startServer(name);
pinGenerator();
try {
  const perf = spawn(
    "perf",
    ["record", "-g", "-F", String(SAMPLES_PER_SECOND), "-p", String(server.pid), "-o", data],
    { stdio: "ignore" },
  );
  const ended = once(perf, "close");
  const run = MEASURES[measure].run({ server, seconds });
  console.error(await within(PROFILE_MS_MAX, measure, run));
  // perf writes its file when it is interrupted.
  perf.kill("SIGINT");
  await within(PROFILE_MS_MAX, "perf to write its file", ended);
} finally {
  await server.stop();
}

const columns = ["--stdio", "--no-children", "-g", "none", "--percent-limit", SHARE_SHOWN_MIN];
const report = execFileSync("perf", ["report", "-i", data, ...columns], {
  stdio: ["ignore", "pipe", "ignore"],
}).toString();
const lines = report.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
console.log(lines.slice(0, LINES_SHOWN_MAX).join("\n"));
console.log(`\nThe whole profile: perf report -i ${data}`);
