// The medians of every server in its own units, and their cost in CPU, so that no ratio has to be taken
// on trust.

import { MEASURES } from "../measures/catalogue.ts";
import { MEASURE_NAMES, type Outcome } from "../measures/measure.ts";
import type { Usage } from "../measures/usage.ts";
import { SERVER_NAMES } from "../servers/server.ts";
import { median } from "./median.ts";
import { outcomesOf, type Row } from "./row.ts";
import { number, table } from "./table.ts";

interface Line {
  title: string;
  cell: (outcomes: readonly Outcome[]) => string;
}

export function absoluteTable(rows: readonly Row[]): string {
  return serverTable(rows, (measure) =>
    MEASURES[measure].figures.map(({ key, unit }) => ({
      title: `${MEASURES[measure].title}: ${unit}`,
      cell: (outcomes) => number(median(outcomes.flatMap(({ values }) => values[key] ?? []))),
    })),
  );
}

/** Server µs for each operation, and in brackets the cores that server and generator kept busy. */
export function costTable(rows: readonly Row[]): string {
  return serverTable(rows, (measure) => [
    {
      title: measure,
      cell: (outcomes) => {
        if (outcomes.length === 0) return number(undefined);
        const of = (key: keyof Usage): string =>
          number(median(outcomes.map(({ usage }) => usage[key])));
        const cores = `${of("serverCpu")} / ${of("generatorCpu")}`;
        return `${of("serverMicrosPerOperation")} (${cores})`;
      },
    },
  ]);
}

function serverTable(
  rows: readonly Row[],
  linesOf: (measure: Row["measure"]) => readonly Line[],
): string {
  const servers = SERVER_NAMES.filter((name) => rows.some((row) => row.server === name));
  const measures = MEASURE_NAMES.filter((name) => rows.some((row) => row.measure === name));
  const cells = measures.flatMap((measure) =>
    linesOf(measure).map(({ title, cell }) => [
      title,
      ...servers.map((server) => cell(outcomesOf(rows, measure, server))),
    ]),
  );
  return table(["", ...servers], cells);
}
