// The day headings of the list: the first notification of each day carries its heading.

import type { Row } from "./row.ts";
import type { Times } from "./times.ts";

/**
 * Sets the headings. ARIA 1.2 allows a feed to own only articles, so a heading is inside the first
 * article of its day, and the style sheet draws it above. No node is moved in the document for it.
 */
export function showDays(rows: Iterable<Row>, times: Times): void {
  let above = "";
  for (const row of rows) {
    const day = times.day(row.time);
    row.setDay(day === above ? "" : day);
    above = day;
  }
}
