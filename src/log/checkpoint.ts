// What an object must know of its log to go on after a rest, in a few dozen bytes of text. It
// rides on the row that is being written anyway, so neither publishing nor waking costs more rows.

/** A row that is to be given up when the next message needs a place, and what it counts for. */
export interface Victim {
  offset: number;
  /** 0 holds nothing any more (expired, aged or blanked), 1 archived, 2 read, 3 not read. */
  rank: 0 | 1 | 2 | 3;
  /** Of rank 3 whether it still counts in the inbox's `unseen`; of rank 2 whether nobody ever marked it. */
  unseen: boolean;
  /** Whether it may be the newest of a topic that is followed: then it tells how far that has come. */
  last: boolean;
}

/** The two identity tables: which one is written, since when (ms), and how full it is. */
export interface Identities {
  table: 0 | 1;
  since: number;
  count: number;
}

export interface Checkpoint<Own> {
  epoch: string;
  head: number;
  /** Of the newest message, or of the last counting out, in ms: nothing is ever taken for earlier. */
  time: number;
  rows: number;
  /** The lowest offset that is kept; everything below is gone. */
  oldest: number;
  /** The greatest offset that was pushed out before its reader can have had it. */
  lost: number;
  /** When something next expires or ages, in ms; null for never. */
  due: number | null;
  /** How long a message was kept when `due` was found, in ms: a changed var makes it anew. */
  ageMs: number;
  /** When the alarm is set for, in ms; null when none is. */
  alarm: number | null;
  identities: Identities | null;
  victims: Victim[];
  /** The lowest offset that is kept and is none of the victims', or one of the two below. */
  rest: number;
  own: Own;
}

/**
 * The form of the text below. Raise it with the schema, and keep reading the older ones. A new member of
 * `own` needs no new form: where it is absent it has its default.
 */
export const CHECKPOINT_VERSION = 1;

/** Victims kept in a checkpoint: enough to spread the cost of looking for them. */
export const VICTIMS_KEPT = 32;
/** Victims kept in memory: a whole inbox of the usual size, so that lists need not look again. */
export const VICTIMS_KNOWN = 512;

/** For `rest`: there may be others, and what is lowest is looked up; or there are none. */
export const UNKNOWN = 0;
export const NO_OTHERS = Number.MAX_SAFE_INTEGER;

/** A log that has stored nothing. Its epoch is minted with the first row. */
export function emptyCheckpoint<Own>(own: Own, ageMs: number): Checkpoint<Own> {
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
    victims: [],
    rest: UNKNOWN,
    own,
  };
}

// Names would be two thirds of the text of every row, so the fields are told by their place.
export function printCheckpoint<Own>(c: Checkpoint<Own>): string {
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
    c.victims
      .slice(0, VICTIMS_KEPT)
      .flatMap((v) => [v.offset, v.rank * 4 + (v.last ? 2 : 0) + (v.unseen ? 1 : 0)]),
    restOf(c),
    c.own,
  ]);
}

/** Of the victims that are not printed, each is one of the others. */
function restOf({ victims, rest, oldest }: Checkpoint<unknown>): number {
  if (rest === UNKNOWN) return UNKNOWN;
  let lowest = rest;
  for (let i = VICTIMS_KEPT; i < victims.length; i++) {
    const { offset } = victims[i] as Victim;
    if (offset >= oldest && offset < lowest) lowest = offset;
  }
  return lowest === NO_OTHERS ? UNKNOWN : lowest;
}

type Printed<Own> = [
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
  victims: number[],
  rest: number,
  own: Own,
];

/**
 * Takes the text and what the object's part is by default; returns the checkpoint. An older release wrote
 * fewer members, a newer one may have written more, which are kept.
 */
export function parseCheckpoint<Own>(text: string, byDefault: Own): Checkpoint<Own> {
  const [, epoch, head, time, rows, oldest, lost, due, ageMs, alarm, ids, flat, rest, own] =
    JSON.parse(text) as Printed<Own>;
  const victims: Victim[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const bits = flat[i + 1] as number;
    victims.push({
      offset: flat[i] as number,
      rank: (bits >> 2) as Victim["rank"],
      unseen: (bits & 1) === 1,
      last: (bits & 2) === 2,
    });
  }
  const identities = ids && { table: ids[0], since: ids[1], count: ids[2] };
  const kept = { epoch, head, time, rows, oldest, lost, due, ageMs };
  return { ...kept, alarm, identities, victims, rest, own: { ...byDefault, ...own } };
}
