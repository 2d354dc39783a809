// What a write has added to a log.

import type { Draft, Entry, Outcome } from "./entry.ts";

/** What one write added to the log, for the frame that tells of it. */
export interface Appended {
  since: number;
  to: number;
  entries: Entry[];
  /** Offsets given up from the middle; what went from the low end is below `oldest`. */
  removed: number[];
  /** Connections that are not to be sent some of the entries, with the places of those. */
  excluded: Map<string, number[]>;
  outcomes: Outcome[];
}

/** For drafts of which none could be stored. */
export function nothingAppended(head: number, drafts: Draft[]): Appended {
  const outcomes = drafts.map(({ id }): Outcome => ({ status: "failed", id }));
  return { since: head, to: head, entries: [], removed: [], excluded: new Map(), outcomes };
}

/** Several writes told as one. */
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

/** The places of a part's entries lie behind those of the parts before it. */
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
