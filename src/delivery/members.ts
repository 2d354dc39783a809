// The members that a log is delivered to: how far each has come, and which of its joinings counts.

import type { Delivery } from "../objects/member.ts";
import type { MemberStore } from "./member-store.ts";

/**
 * The state of a member that lacks messages: its cursor, its failed tries, and the time of the next try.
 */
export interface Behind {
  cursor: number;
  attempts: number;
  /** In ms. */
  retryAt: number;
  /** Whether it has caught up with the position of its log; in memory only. */
  isBack?: boolean;
}

export interface Member {
  /** Its address, such as `user:ada`. */
  readonly name: string;
  /** Whether it stores the messages; otherwise it only watches. */
  follows: boolean;
  /**
   * Raised by each joining. An answer that nobody is there counts for one joining only, so that a member
   * that has just come back is not removed. In memory only, since a call and its answer belong to the
   * same instance.
   */
  generation: number;
  behind: Behind | null;
  /**
   * Whether a device is connected; such a member is served before those without one. In memory only; its
   * answers and joinings update it.
   */
  isLive: boolean;
  /** The offset to which this instance last brought it; 0 when unknown. */
  sentUpTo: number;
  /**
   * The turn of the newest live-only message that has reached it, or that was sent before it joined.
   */
  sentTurn: number;
  /** When it began to follow, in ms by the clock of its inbox; 0 when unknown. */
  followedAt: number;
  /** When a connection last joined; stored in the row of a member that only watches. */
  watchedAt: number;
}

/** The order of the members in a round, since the progress of a round is stored as a name. */
export const byName = (a: Member, b: Member) => (a.name < b.name ? -1 : 1);

function fresh(name: string, follows: boolean, sentTurn: number): Member {
  const inMemory = { generation: 0, isLive: !follows, sentUpTo: 0, sentTurn };
  return { name, follows, behind: null, ...inMemory, followedAt: 0, watchedAt: 0 };
}

export class Members {
  readonly #store: MemberStore;
  #known: Map<string, Member> | null = null;
  readonly #behind = new Set<Member>();
  #generation = 0;
  /** The turn of the newest message that was sent live only. */
  lastTurn = 0;

  constructor(store: MemberStore) {
    this.#store = store;
  }

  /** Returns all members, by name. */
  all(): ReadonlyMap<string, Member> {
    if (this.#known === null) {
      this.#known = new Map();
      for (const row of this.#store.all()) {
        const { member: name, cursor, attempts, retry_at, joined_at } = row;
        const follows = row.follows === 1;
        const behind = cursor === null ? null : { cursor, attempts, retryAt: retry_at ?? 0 };
        const joined = { [follows ? "followedAt" : "watchedAt"]: joined_at ?? 0 };
        const member = { ...fresh(name, follows, 0), behind, ...joined };
        this.#known.set(name, member);
        if (behind !== null) this.#behind.add(member);
      }
    }
    return this.#known;
  }

  get size(): number {
    return this.all().size;
  }

  /**
   * Adds a member, or records that it has joined again; writes one row if that is new. `at` is the time
   * of its inbox in ms. Where an earlier leave may still arrive, the time is stored, so that the leave
   * can be compared with it.
   */
  join(name: string, follows: boolean, at = 0, mayBeLeft = false): Member {
    const known = this.all().get(name);
    const member = known ?? fresh(name, follows, this.lastTurn);
    const { followedAt, watchedAt } = member;
    const isNews = known === undefined || (follows && !known.follows);
    const next = {
      ...member,
      follows: member.follows || follows,
      followedAt: follows ? Math.max(followedAt, at) : followedAt,
      watchedAt: follows ? watchedAt : Math.max(watchedAt, at),
    };
    const isLater = next.followedAt > followedAt || next.watchedAt > watchedAt;
    if (isNews || (mayBeLeft && isLater)) this.#put(next);
    Object.assign(member, next);
    member.isLive ||= !follows;
    this.#generation += 1;
    member.generation = this.#generation;
    if (member.behind !== null) member.behind = { ...member.behind, retryAt: 0 };
    this.#known?.set(name, member);
    return member;
  }

  /**
   * Ends the following of a member; with `stays` it still watches. A joining after `at`, the time of the
   * leave at the inbox, is not undone. Returns whether the member is gone.
   */
  leave(name: string, stays: boolean, at = Number.POSITIVE_INFINITY): boolean {
    const member = this.all().get(name);
    if (member === undefined) return true;
    if (member.follows && at < member.followedAt) return false;
    if (!stays && at >= member.watchedAt) {
      this.#remove(name);
      return true;
    }
    if (member.follows) this.#put({ ...member, follows: false });
    member.follows = false;
    return false;
  }

  /**
   * Removes a member that answered that nobody is there, unless it has joined again since the call.
   * Returns whether it was removed.
   */
  drop(name: string, generation: number): boolean {
    if (this.all().get(name)?.generation !== generation) return false;
    this.#remove(name);
    return true;
  }

  /** Stores that a member is behind, or with null that it no longer is. */
  setBehind(name: string, behind: Behind | null): void {
    const member = this.all().get(name);
    if (member === undefined || (member.behind === null && behind === null)) return;
    this.#put({ ...member, behind });
    member.behind = behind;
    if (behind === null) this.#behind.delete(member);
    else this.#behind.add(member);
  }

  /** Returns the members that are behind. */
  behind(): Member[] {
    this.all();
    return [...this.#behind];
  }

  /** Records that a member has caught up, and belongs to the rounds from here on. */
  isBack(name: string, cursor: number): void {
    const member = this.all().get(name);
    if (member?.behind) member.behind = { ...member.behind, cursor, isBack: true };
  }

  /**
   * Takes an offset and the position of the members in step; returns how many members have the message at
   * the offset.
   */
  deliveryOf(offset: number, position: number): Delivery {
    const members = this.size;
    const late = position < offset ? members - this.#behind.size : 0;
    const lacking = this.behind().filter(({ behind }) => (behind?.cursor ?? 0) < offset).length;
    return { members, delivered: members - late - lacking, behind: late + lacking };
  }

  /** Returns the members that are not behind. */
  inStep(): Member[] {
    return [...this.all().values()].filter(({ behind }) => behind === null);
  }

  /**
   * Returns the last name, in the order of a round, up to which all members in step have the messages up
   * to `to`; empty when the first one lacks some.
   */
  lastNameUpTo(to: number): string {
    const sorted = this.inStep().sort(byName);
    const first = sorted.findIndex(({ sentUpTo }) => sentUpTo < to);
    return sorted[first === -1 ? sorted.length - 1 : first - 1]?.name ?? "";
  }

  /** Records that an earlier instance brought the members up to the name `after` to an offset. */
  restoreProgress(after: string, to: number): void {
    for (const member of this.inStep())
      if (member.name <= after) member.sentUpTo = Math.max(member.sentUpTo, to);
  }

  hasFollowers(): boolean {
    for (const { follows } of this.all().values()) if (follows) return true;
    return false;
  }

  #put({ name, follows, behind, followedAt, watchedAt }: Member): void {
    this.#store.put({
      member: name,
      follows: follows ? 1 : 0,
      cursor: behind?.cursor ?? null,
      attempts: behind?.attempts ?? 0,
      retry_at: behind?.retryAt ?? null,
      joined_at: (follows ? followedAt : watchedAt) || null,
    });
  }

  #remove(name: string): void {
    this.#store.remove(name);
    const member = this.#known?.get(name);
    if (member !== undefined) this.#behind.delete(member);
    this.#known?.delete(name);
  }
}
