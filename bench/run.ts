// Runs the bench: every measure against every server, round by round, in the order A B C and then
// C B A, so that changes on the machine during the run touch all of them alike.

import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { within } from "./generator/deadline.ts";
import { pinGenerator } from "./machine.ts";
import { MEASURES } from "./measures/catalogue.ts";
import type { MeasureName } from "./measures/measure.ts";
import { type Options, parseOptions } from "./options.ts";
import { report, writeResults } from "./report/report.ts";
import type { Row } from "./report/row.ts";
import { describeSetting } from "./report/setting.ts";
import type { ServerName } from "./servers/server.ts";
import { startServer } from "./servers/start.ts";
import { bundle } from "./servers/wrangler.ts";

const ROW_MS_MAX = 120_000;

// Only an exit ends the servers and removes their storage; a signal alone would leave both behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const options = parseOptions(process.argv.slice(2));
const rows = await runAll(options);
const text = report(describeSetting(options), rows);
console.log(text);
if (options.write) writeResults(text);
process.exitCode = rows.some((row) => row.error !== undefined) ? 1 : 0;

async function runAll({ measures, servers, rounds, seconds, json }: Options): Promise<Row[]> {
  const output = json ?? newOutput();
  // A hub that does not build fails the run here, not row by row.
  if (servers.includes("belfry")) bundle();
  pinGenerator();
  const all: Row[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const measure of measures) {
      const inOrder = MEASURES[measure].servers.filter((name) => servers.includes(name));
      for (const server of round % 2 === 1 ? inOrder : inOrder.toReversed()) {
        const row = await runRow(measure, server, round, seconds);
        all.push(row);
        appendFileSync(output, `${JSON.stringify(row)}\n`);
        console.error(progressText(row));
      }
    }
  }
  return all;
}

/** A row that fails leaves its error in the place of figures, and the run goes on. */
async function runRow(
  measure: MeasureName,
  name: ServerName,
  round: number,
  seconds: number,
): Promise<Row> {
  const row = { measure, server: name, round, at: new Date().toISOString() };
  try {
    const server = await startServer(name);
    try {
      const work = MEASURES[measure].run({ server, seconds });
      return { ...row, outcome: await within(ROW_MS_MAX, `${measure} of ${name}`, work) };
    } finally {
      await server.stop();
    }
  } catch (error) {
    return { ...row, error: messageOf(error) };
  }
}

function newOutput(): string {
  const directory = join(import.meta.dirname, "out");
  mkdirSync(directory, { recursive: true });
  return join(directory, `${new Date().toISOString().replaceAll(":", "-")}.jsonl`);
}

function progressText({ measure, server, round, outcome, error }: Row): string {
  const figures = Object.entries(outcome?.values ?? {}).map(
    ([key, value]) => `${key} ${value.toFixed(2)}`,
  );
  const cpu = outcome
    ? `cpu ${outcome.usage.serverCpu.toFixed(2)}/${outcome.usage.generatorCpu.toFixed(2)}`
    : "";
  const result = error === undefined ? [...figures, cpu].join(", ") : `FAILED: ${error}`;
  return `${round} ${measure} ${server}: ${result}`;
}

/** Returns the message of an error with those of its causes. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${messageOf(error.cause)}`;
}
