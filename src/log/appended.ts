// The result of a write to a log, and the join of several results.

import type { Draft, Entry, Outcome } from "./entry.ts";

/** The result of one write, from which the frame for the subscribers is made. */
export interface Appended {
  since: number;
  to: number;
  entries: Entry[];
  /** Offsets above `oldest` that were given up. `oldest` itself stands for all offsets below it. */
  removed: number[];
  /** For each connection that must not receive some of the entries, the places of these entries. */
  excluded: Map<string, number[]>;
  outcomes: Outcome[];
}

/** Returns the result for drafts of which none could be stored. */
export function nothingAppended(head: number, drafts: Draft[]): Appended {
  const outcomes = drafts.map(({ id }): Outcome => ({ status: "failed", id }));
  return { since: head, to: head, entries: [], removed: [], excluded: new Map(), outcomes };
}

/** Joins the results of several writes, in order, into one. */
export function joined(parts: Appended[]): Appended {
  return {
    since: parts[0]?.since ?? 0,
    to: parts[parts.length - 1]?.to ?? 0,
    entries: parts.flatMap(({ entries }) => entries),
    removed: parts.flatMap(({ removed }) => removed),
    excluded: excludedOf(parts),
    outcomes: parts.flatMap(({ outcomes }) => outcomes),
  };
}

/**
 * Joins `excluded`. The places of a part are shifted by the number of entries in the parts before it.
 */
function excludedOf(parts: Appended[]): Map<string, number[]> {
  const excluded = new Map<string, number[]>();
  let before = 0;
  for (const part of parts) {
    for (const [connection, places] of part.excluded) {
      const moved = places.map((place) => before + place);
      excluded.set(connection, [...(excluded.get(connection) ?? []), ...moved]);
    }
    before += part.entries.length;
  }
  return excluded;
}
