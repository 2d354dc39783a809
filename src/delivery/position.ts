// How far a log has been delivered to its members: a part of the checkpoint of the log.

import type { Log } from "../log/log.ts";

export interface Delivering {
  /**
   * The offset up to which every member that is not behind has all messages; null while there is no
   * member.
   */
  delivered: number | null;
  /**
   * A round that waits for the next event: the members up to the name `after` that are not behind have
   * all messages up to `to`. It counts only while `to` is above `delivered`, since an older release does
   * not remove it.
   */
  round?: { to: number; after: string };
}

/**
 * Stores a change to the position. Where nothing was published, the change stays in memory: there is no
 * position to store, and no table for it.
 */
export function changePosition<Meta extends Delivering>(
  log: Log<Meta>,
  now: number,
  change: (meta: Meta) => void,
): void {
  if (log.store.exists()) log.change(now, ({ meta }) => change(meta));
  else log.changeInMemory(now, change);
}

/** Returns the unfinished round of an earlier event, if its `to` is above the position. */
export function unfinishedRound({ delivered, round }: Delivering): Delivering["round"] {
  return round !== undefined && round.to > (delivered ?? round.to) ? round : undefined;
}
