// Keeping the list of who goes next true while states change, so that a full inbox need not be
// looked through again after every mark.

import { type Checkpoint, UNKNOWN, VICTIMS_KNOWN, type Victim } from "../log/checkpoint.ts";
import { rankOf, type State } from "./state.ts";

/** The order in which rows are given up. */
export const inTurn = (a: Victim, b: Victim) => a.rank - b.rank || a.offset - b.offset;

/** Who goes next, and the lowest offset of all others: a part of the checkpoint. */
export type Line = Pick<Checkpoint<unknown>, "victims" | "rest">;

/** After single messages have changed; a state of null is a message that was deleted. */
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
      // What it came from is not looked up for this; who gives the row up does.
      return { offset, rank, unseen: state?.seen_at === null, last: true };
    })
    // Beyond the end of the list is the rest of the inbox, whose order is not known here.
    .filter((victim) => inTurn(victim, last) < 0);
  const line = [...victims.filter(({ offset }) => !touched.has(offset)), ...moved]
    .sort(inTurn)
    .slice(0, VICTIMS_KNOWN);
  const listed = new Set(line.map(({ offset }) => offset));
  const left = victims.map(({ offset }) => offset).filter((offset) => !listed.has(offset));
  const isKnown = rest !== UNKNOWN && !listed.has(rest);
  return { victims: line, rest: isKnown ? Math.min(rest, ...left) : UNKNOWN };
}

/** After a watermark. Among what is read now, the listed go before the others. */
export function afterWatermark(victims: Victim[], upTo: number, flag: "seen" | "read"): Victim[] {
  return victims
    .map((victim): Victim => {
      if (victim.offset > upTo) return victim;
      const rank = flag === "read" && victim.rank === 3 ? 2 : victim.rank;
      // What nobody ever marked by name stays that.
      return { ...victim, rank, unseen: victim.rank === 2 && victim.unseen };
    })
    .sort(inTurn);
}
