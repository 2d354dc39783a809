// The checkpoint: all that an object needs to know of its log when it wakes, in a few dozen bytes of text. It
// is stored in the row that is being written anyway, so neither publishing nor waking costs more rows.

/** A row to overwrite when the next message needs a place, with its part in the counts. */
export interface Evictable {
  offset: number;
  /** 0: holds no message any more (expired, aged or blanked); 1: archived; 2: read; 3: unread. */
  rank: 0 | 1 | 2 | 3;
  /** Rank 3: the message counts in the inbox's `unseen`. Rank 2: read from the start, never marked. */
  unseen: boolean;
  /** It may be the newest row of a followed topic. Such a row holds the position of the follow. */
  mayCarryCursor: boolean;
}

/** The two identity tables: which one is written, since when (ms), and how many ids it holds. */
export interface Identities {
  table: 0 | 1;
  since: number;
  count: number;
}

export interface Checkpoint<Meta> {
  epoch: string;
  head: number;
  /**
   * The time of the newest message or of the last expiry check, in ms. The log's clock is never behind it.
   */
  time: number;
  rows: number;
  /** The lowest offset that is kept; all offsets below it are gone. */
  oldest: number;
  /** The highest offset that was given up although a reader may not have received it. */
  lost: number;
  /** When the next message expires or ages, in ms; null for never. */
  due: number | null;
  /** The age limit that `due` was computed with, in ms. Another limit makes `due` out of date. */
  ageMs: number;
  /** The time the alarm is set for, in ms; null when it is not set. */
  alarm: number | null;
  identities: Identities | null;
  evictionQueue: Evictable[];
  /** The lowest offset that is kept and not in the queue; or UNKNOWN or NO_OTHERS, see below. */
  lowestUnqueued: number;
  meta: Meta;
}

/**
 * The version of the text below. Raise it when a reader must tell the forms apart, and keep reading older ones.
 * A new member of `meta` needs no new version: where it is absent, it has its default.
 */
const CHECKPOINT_VERSION = 1;

/** Rows of the queue that a checkpoint stores: enough to spread the cost of the search for them. */
export const QUEUE_STORED_MAX = 32;
/**
 * Rows of the queue in memory: an inbox of the default size as a whole, so that a published list needs no
 * second search.
 */
export const QUEUE_IN_MEMORY_MAX = 512;

/** Values of `lowestUnqueued`: UNKNOWN when it must be looked up, NO_OTHERS when the queue has all rows. */
export const UNKNOWN = 0;
export const NO_OTHERS = Number.MAX_SAFE_INTEGER;

/** Returns the checkpoint of a log that has stored nothing, and has no epoch yet. */
export function emptyCheckpoint<Meta>(meta: Meta, ageMs: number): Checkpoint<Meta> {
  return {
    epoch: "0",
    head: 0,
    time: 0,
    rows: 0,
    oldest: 1,
    lost: 0,
    due: null,
    ageMs,
    alarm: null,
    identities: null,
    evictionQueue: [],
    lowestUnqueued: UNKNOWN,
    meta,
  };
}

// Member names would take two thirds of the text in every row, so the text is an array without names.
export function printCheckpoint<Meta>(c: Checkpoint<Meta>): string {
  const ids = c.identities;
  return JSON.stringify([
    CHECKPOINT_VERSION,
    c.epoch,
    c.head,
    c.time,
    c.rows,
    c.oldest,
    c.lost,
    c.due,
    c.ageMs,
    c.alarm,
    ids && [ids.table, ids.since, ids.count],
    c.evictionQueue
      .slice(0, QUEUE_STORED_MAX)
      .flatMap((v) => [v.offset, v.rank * 4 + (v.mayCarryCursor ? 2 : 0) + (v.unseen ? 1 : 0)]),
    lowestUnqueuedOf(c),
    c.meta,
  ]);
}

/**
 * Returns `lowestUnqueued` for the text: the queue beyond QUEUE_STORED_MAX is not printed, so it counts as
 * other rows.
 */
function lowestUnqueuedOf(checkpoint: Checkpoint<unknown>): number {
  const { evictionQueue, lowestUnqueued, oldest } = checkpoint;
  if (lowestUnqueued === UNKNOWN) return UNKNOWN;
  let lowest = lowestUnqueued;
  for (let i = QUEUE_STORED_MAX; i < evictionQueue.length; i++) {
    const { offset } = evictionQueue[i] as Evictable;
    if (offset >= oldest && offset < lowest) lowest = offset;
  }
  return lowest === NO_OTHERS ? UNKNOWN : lowest;
}

type Printed<Meta> = [
  version: number,
  epoch: string,
  head: number,
  time: number,
  rows: number,
  oldest: number,
  lost: number,
  due: number | null,
  ageMs: number,
  alarm: number | null,
  identities: [0 | 1, number, number] | null,
  evictionQueue: number[],
  lowestUnqueued: number,
  meta: Meta,
];

/**
 * Takes the text and the defaults of the object's part; returns the checkpoint. An older release wrote
 * fewer members of that part. A newer one may have written more, which are kept.
 */
export function parseCheckpoint<Meta>(text: string, byDefault: Meta): Checkpoint<Meta> {
  const [, epoch, head, time, rows, oldest, lost, due, ageMs, alarm, ids, flat, lowest, meta] =
    JSON.parse(text) as Printed<Meta>;
  const evictionQueue: Evictable[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const bits = flat[i + 1] as number;
    evictionQueue.push({
      offset: flat[i] as number,
      rank: (bits >> 2) as Evictable["rank"],
      unseen: (bits & 1) === 1,
      mayCarryCursor: (bits & 2) === 2,
    });
  }
  const identities = ids && { table: ids[0], since: ids[1], count: ids[2] };
  return {
    ...{ epoch, head, time, rows, oldest, lost, due, ageMs, alarm, identities },
    ...{ evictionQueue, lowestUnqueued: lowest, meta: { ...byDefault, ...meta } },
  };
}
