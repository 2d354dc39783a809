// The newest messages as text, so that a reconnect is answered without a row being read.

import { Entry } from "./entry.ts";

const GONE = new Entry({ offset: 0, body: "", time: 0, expires: null }, "");

/** UTF-16 units; a log in memory must leave room for the other objects of its isolate. */
const UNITS_MAX = 512 * 1024;

/**
 * Covers the offsets above `#floor`. Whatever changes a message that is held (a mark, a deletion)
 * clears it; then storage answers.
 */
export class Ring {
  #entries: Entry[] = [];
  #first = 0;
  #floor = 0;
  #units = 0;

  /** Empties it: it covers what comes after `head`. */
  clear(head: number): void {
    this.#entries = [];
    this.#first = 0;
    this.#floor = head;
    this.#units = 0;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#units += entry.units;
    while (this.#units > UNITS_MAX) this.#shift();
    // Moving the array at every shift would cost its length, so the dead front is cut now and then.
    if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Everything after the offset, or null when the ring does not reach back so far. */
  since(offset: number): Entry[] | null {
    if (offset < this.#floor) return null;
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as Entry).offset > offset) high = middle;
      else low = middle + 1;
    }
    return this.#entries.slice(low);
  }

  #shift(): void {
    const entry = this.#entries[this.#first] as Entry;
    // The array keeps its place until it is cut, but not the text.
    this.#entries[this.#first] = GONE;
    this.#first += 1;
    this.#units -= entry.units;
    this.#floor = entry.offset;
  }
}
