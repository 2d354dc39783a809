// Updates of the eviction queue after a change of state, so that a full inbox need not be scanned after every
// mark.

import { type Checkpoint, UNKNOWN, VICTIMS_KNOWN, type Victim } from "../log/checkpoint.ts";
import { rankOf, type State } from "./state.ts";

/** The order of eviction: by rank, then the oldest first. */
export const inTurn = (a: Victim, b: Victim) => a.rank - b.rank || a.offset - b.offset;

/** The rows to evict next, and the lowest offset of all others: a part of the checkpoint. */
export type Line = Pick<Checkpoint<unknown>, "victims" | "rest">;

/** Returns the queue after single messages have changed; a state of null means deleted. */
export function afterMarks(
  { victims, rest }: Line,
  marked: { offset: number; state: State | null }[],
): Line {
  const last = victims[victims.length - 1];
  if (last === undefined) return { victims: [], rest: UNKNOWN };
  const touched = new Set(marked.map(({ offset }) => offset));
  const moved = marked
    .map(({ offset, state }): Victim => {
      const rank = state === null ? 0 : rankOf(state);
      // `last: true` saves a read here: the eviction looks up whether the row is the newest of its topic.
      return { offset, rank, unseen: state?.seen_at === null, last: true };
    })
    // The order of the rows behind the end of the queue is not known here.
    .filter((victim) => inTurn(victim, last) < 0);
  const line = [...victims.filter(({ offset }) => !touched.has(offset)), ...moved]
    .sort(inTurn)
    .slice(0, VICTIMS_KNOWN);
  const listed = new Set(line.map(({ offset }) => offset));
  const left = victims.map(({ offset }) => offset).filter((offset) => !listed.has(offset));
  const isKnown = rest !== UNKNOWN && !listed.has(rest);
  return { victims: line, rest: isKnown ? Math.min(rest, ...left) : UNKNOWN };
}

/**
 * Returns the queue after a watermark. Among the messages that are read now, those in the queue are evicted
 * before the others.
 */
export function afterWatermark(victims: Victim[], upTo: number, flag: "seen" | "read"): Victim[] {
  return victims
    .map((victim): Victim => {
      if (victim.offset > upTo) return victim;
      const rank = flag === "read" && victim.rank === 3 ? 2 : victim.rank;
      // `unseen` of rank 2 means that nobody ever marked the message by name; a watermark names none.
      return { ...victim, rank, unseen: victim.rank === 2 && victim.unseen };
    })
    .sort(inTurn);
}
