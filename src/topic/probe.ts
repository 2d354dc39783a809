// Which of those who only watch a topic are to be asked whether anyone is there: a closed socket leaves
// without a word.

import { byName, type Member, type Members } from "./members.ts";

/** How many of a full topic's watchers are asked, and how often. */
const PROBED_MAX = 100;
const PROBE_MS_MIN = 5_000;
/** How many one alarm asks: fewer than the calls of its event. */
const ASKED_MAX = 800;

export interface Parts {
  members: Members;
  clock(): number;
  /** From 0 to 1, for the choice of some. */
  random(): number;
}

export class Probe {
  readonly #parts: Parts;
  #chosen: Member[] = [];
  #chosenAt = 0;
  /** The last name that an alarm asked, where others are left; empty where the next is the first. */
  #askedUpTo = "";

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get isDue(): boolean {
    return this.#chosen.length > 0;
  }

  /** Chooses some, unless that was done a moment ago. Returns whether it did. */
  chooseSome(): boolean {
    const { clock, random } = this.#parts;
    if (clock() - this.#chosenAt < PROBE_MS_MIN) return false;
    this.#chosenAt = clock();
    const watching = this.#watching();
    const start = Math.floor(random() * Math.max(1, watching.length - PROBED_MAX));
    this.#chosen = watching.slice(start, start + PROBED_MAX);
    return true;
  }

  /** Chooses the next ones, by name. Returns whether these are the last. */
  chooseNext(): boolean {
    const left = this.#watching()
      .filter(({ name }) => name > this.#askedUpTo)
      .sort(byName);
    this.#chosen = left.slice(0, ASKED_MAX);
    const isLast = this.#chosen.length === left.length;
    this.#askedUpTo = isLast ? "" : (this.#chosen.at(-1)?.name ?? "");
    return isLast;
  }

  /** Gives those that were chosen, once. */
  take(): ReadonlySet<Member> {
    return new Set(this.#chosen.splice(0));
  }

  #watching(): Member[] {
    return [...this.#parts.members.all().values()].filter(({ follows }) => !follows);
  }
}
