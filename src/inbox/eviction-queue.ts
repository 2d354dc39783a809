// Updates of the eviction queue after a change of state, so that a full inbox need not be scanned after every
// mark.

import {
  type Checkpoint,
  type Evictable,
  QUEUE_IN_MEMORY_MAX,
  UNKNOWN,
} from "../log/checkpoint.ts";
import { rankOf, type State } from "./state.ts";

/** The order of eviction: by rank, then the oldest first. */
export const byEvictionOrder = (a: Evictable, b: Evictable) =>
  a.rank - b.rank || a.offset - b.offset;

/** The rows to evict next, and the lowest offset of all others: a part of the checkpoint. */
export type EvictionQueue = Pick<Checkpoint<unknown>, "evictionQueue" | "lowestUnqueued">;

/** Returns the queue after single messages have changed; a state of null means deleted. */
export function afterMarks(
  { evictionQueue, lowestUnqueued }: EvictionQueue,
  marked: { offset: number; state: State | null }[],
): EvictionQueue {
  const last = evictionQueue[evictionQueue.length - 1];
  if (last === undefined) return { evictionQueue: [], lowestUnqueued: UNKNOWN };
  const touched = new Set(marked.map(({ offset }) => offset));
  const moved = marked
    .map(({ offset, state }): Evictable => {
      const rank = state === null ? 0 : rankOf(state);
      // `mayCarryCursor` saves a read here: the eviction looks up whether the row is the newest of its topic.
      return { offset, rank, unseen: state?.seen_at === null, mayCarryCursor: true };
    })
    // The order of the rows behind the end of the queue is not known here.
    .filter((evictable) => byEvictionOrder(evictable, last) < 0);
  const queue = [...evictionQueue.filter(({ offset }) => !touched.has(offset)), ...moved]
    .sort(byEvictionOrder)
    .slice(0, QUEUE_IN_MEMORY_MAX);
  const listed = new Set(queue.map(({ offset }) => offset));
  const left = evictionQueue.map(({ offset }) => offset).filter((offset) => !listed.has(offset));
  const isKnown = lowestUnqueued !== UNKNOWN && !listed.has(lowestUnqueued);
  const lowest = isKnown ? Math.min(lowestUnqueued, ...left) : UNKNOWN;
  return { evictionQueue: queue, lowestUnqueued: lowest };
}

/**
 * Returns the queue after a watermark. Among the messages that are read now, those in the queue are evicted
 * before the others.
 */
export function afterWatermark(
  queue: Evictable[],
  upTo: number,
  flag: "seen" | "read",
): Evictable[] {
  return queue
    .map((evictable): Evictable => {
      if (evictable.offset > upTo) return evictable;
      const rank = flag === "read" && evictable.rank === 3 ? 2 : evictable.rank;
      // `unseen` of rank 2 means that nobody ever marked the message by name; a watermark names none.
      return { ...evictable, rank, unseen: evictable.rank === 2 && evictable.unseen };
    })
    .sort(byEvictionOrder);
}
