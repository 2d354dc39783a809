// The days of the list: the first notification of each carries its heading.

import type { Row } from "./row.ts";
import type { Times } from "./times.ts";

/**
 * A feed may own nothing but articles (ARIA 1.2), so a heading is within the first article of its day;
 * the style sheet draws it above. No row moves for it.
 */
export function showDays(rows: Iterable<Row>, times: Times): void {
  let above = "";
  for (const row of rows) {
    const day = times.day(row.time);
    row.setDay(day === above ? "" : day);
    above = day;
  }
}
