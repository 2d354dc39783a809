// Who a topic delivers to, how far each has come, and which joining of it counts.

import type { Delivery } from "../objects/topic-rpc.ts";
import type { MemberStore } from "./store.ts";

/** What is known of a member that did not get everything: where it stands, and when to try again. */
export interface Behind {
  cursor: number;
  attempts: number;
  /** In ms. */
  retryAt: number;
  /** It has answered and come to its topic's position; in memory only. */
  isBack?: boolean;
}

export interface Member {
  /** Its address, such as `user:ada`. */
  readonly name: string;
  /** Whether it keeps what it is told; otherwise it only watches. */
  follows: boolean;
  /**
   * Raised by each joining. Who says that nobody is there says it of one of them: a member that has
   * just come back is not lost. In memory, since a call and its answer meet in one instance.
   */
  generation: number;
  behind: Behind | null;
  /** Whether a device is there, which is served before those that sleep. In memory, as its answers say. */
  isLive: boolean;
  /** The offset it was last brought to by this instance; 0 when that is not known. */
  told: number;
  /** The turn of the newest message that was sent live only and reached it, or came before it joined. */
  heard: number;
  /** When it began to follow, by its inbox's time in ms; 0 when that is not known. */
  followedAt: number;
  /** When a connection last joined; stored with the row of a member that only watches. */
  watchedAt: number;
}

const USER = "user:";

/** The order of a round, since its place is a name. */
export const byName = (a: Member, b: Member) => (a.name < b.name ? -1 : 1);

function fresh(name: string, follows: boolean, heard: number): Member {
  const inMemory = { generation: 0, isLive: !follows, told: 0, heard };
  return { name, follows, behind: null, ...inMemory, followedAt: 0, watchedAt: 0 };
}

export class Members {
  readonly #store: MemberStore;
  #known: Map<string, Member> | null = null;
  readonly #behind = new Set<Member>();
  #generation = 0;
  /** The turn of the newest message that was sent live only. */
  said = 0;

  constructor(store: MemberStore) {
    this.#store = store;
  }

  /** All of them, by name. */
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
   * Takes a member in, or notes that it has come again; one row if that is news. `at` is the time of
   * its inbox. Where a leave from before may still come, the time is stored, so that the leave finds it.
   */
  join(name: string, follows: boolean, at = 0, mayBeLeft = false): Member {
    const known = this.all().get(name);
    const member = known ?? fresh(name, follows, this.said);
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
   * It keeps nothing any more; `stays` when it still watches. What joined after `at`, the time at which
   * its inbox said so, stays too. Returns whether the member is gone.
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

  /** Lets go of one that said nobody is there, unless it has joined again since it was asked. */
  drop(name: string, generation: number): boolean {
    if (this.all().get(name)?.generation !== generation) return false;
    this.#remove(name);
    return true;
  }

  /** Notes that a member is behind, or with null that it is not any more. */
  note(name: string, behind: Behind | null): void {
    const member = this.all().get(name);
    if (member === undefined || (member.behind === null && behind === null)) return;
    this.#put({ ...member, behind });
    member.behind = behind;
    if (behind === null) this.#behind.delete(member);
    else this.#behind.add(member);
  }

  /** Those who are behind. */
  behind(): Member[] {
    this.all();
    return [...this.#behind];
  }

  /** One who was behind has caught up, and goes along from here on. */
  isBack(name: string, cursor: number): void {
    const member = this.all().get(name);
    if (member?.behind) member.behind = { ...member.behind, cursor, isBack: true };
  }

  /** How many have the message at an offset, where those in step have come to a position. */
  deliveryOf(offset: number, position: number): Delivery {
    const members = this.size;
    const late = position < offset ? members - this.#behind.size : 0;
    const lacking = this.behind().filter(({ behind }) => (behind?.cursor ?? 0) < offset).length;
    return { members, delivered: members - late - lacking, behind: late + lacking };
  }

  /** Members that are not behind. */
  inStep(): Member[] {
    return [...this.all().values()].filter(({ behind }) => behind === null);
  }

  /** The last name of those that have all up to an offset, without one before it that has not. */
  toldUpTo(to: number): string {
    const sorted = this.inStep().sort(byName);
    const first = sorted.findIndex(({ told }) => told < to);
    return sorted[first === -1 ? sorted.length - 1 : first - 1]?.name ?? "";
  }

  /** Those up to a name were brought to an offset by an instance before this one. */
  wereTold(after: string, to: number): void {
    for (const member of this.inStep())
      if (member.name <= after) member.told = Math.max(member.told, to);
  }

  /** Users that follow, by name, after a name. */
  followers(after: string, limit: number): string[] {
    return [...this.all().values()]
      .filter(({ name, follows }) => follows && name.startsWith(USER))
      .map(({ name }) => name.slice(USER.length))
      .filter((user) => user > after)
      .sort()
      .slice(0, limit);
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
