// The choice of watching members that are asked whether anyone still watches: the log's object is not
// notified when a socket of a member closes.

import { byName, type Member, type Members } from "./members.ts";

/** How many members of a full topic are asked at a time, and the least time between two probes. */
const PROBED_MAX = 100;
const PROBE_MS_MIN = 5_000;
/** How many members one alarm asks: fewer than the calls of its event. */
const ASKED_MAX = 800;

export interface WatcherCheckDeps {
  members: Members;
  clock(): number;
  /** Returns a number from 0 to 1, for the choice. */
  random(): number;
}

export class WatcherCheck {
  readonly #deps: WatcherCheckDeps;
  #chosen: Member[] = [];
  #chosenAt = 0;
  /**
   * The last name that an alarm asked, while others are left; empty when the next alarm begins at the
   * first.
   */
  #askedUpTo = "";

  constructor(deps: WatcherCheckDeps) {
    this.#deps = deps;
  }

  get isDue(): boolean {
    return this.#chosen.length > 0;
  }

  /**
   * Chooses some watching members, unless it did so less than PROBE_MS_MIN ago. Returns whether it did.
   */
  chooseSome(): boolean {
    const { clock, random } = this.#deps;
    if (clock() - this.#chosenAt < PROBE_MS_MIN) return false;
    this.#chosenAt = clock();
    const watching = this.#watching();
    const start = Math.floor(random() * Math.max(1, watching.length - PROBED_MAX));
    this.#chosen = watching.slice(start, start + PROBED_MAX);
    return true;
  }

  /** Chooses the next watching members by name. Returns whether they are the last. */
  chooseNext(): boolean {
    const left = this.#watching()
      .filter(({ name }) => name > this.#askedUpTo)
      .sort(byName);
    this.#chosen = left.slice(0, ASKED_MAX);
    const isLast = this.#chosen.length === left.length;
    this.#askedUpTo = isLast ? "" : (this.#chosen.at(-1)?.name ?? "");
    return isLast;
  }

  /** Returns the chosen members, once. */
  take(): ReadonlySet<Member> {
    return new Set(this.#chosen.splice(0));
  }

  #watching(): Member[] {
    return [...this.#deps.members.all().values()].filter(({ follows }) => !follows);
  }
}
