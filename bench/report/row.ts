// One run of one measure against one server: a line of the raw output, and the source of every table.

import type { MeasureName, Outcome } from "../measures/measure.ts";
import type { ServerName } from "../servers/server.ts";

export interface Row {
  measure: MeasureName;
  server: ServerName;
  round: number;
  at: string;
  /** The result, or the error in its place. */
  outcome?: Outcome;
  error?: string;
}

/** Rows of one measure and server that have figures. */
export function outcomesOf(
  rows: readonly Row[],
  measure: MeasureName,
  server: ServerName,
): Outcome[] {
  return rows
    .filter((row) => row.measure === measure && row.server === server)
    .flatMap((row) => row.outcome ?? []);
}
