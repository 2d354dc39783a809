// The newest messages as text in memory, so that a reconnect is answered without reading a row.

import { Entry } from "./entry.ts";

const GONE = new Entry({ offset: 0, body: "", time: 0, expires: null }, "");

/** UTF-16 units. The text in memory must leave room for the other objects of its isolate. */
const UNITS_MAX = 512 * 1024;

/**
 * Holds the messages above `#floor`. A change of a held message (a mark, a deletion) drops them all, and
 * earlier messages are then read from storage.
 */
export class RecentEntries {
  #entries: Entry[] = [];
  #first = 0;
  #floor = 0;
  #units = 0;

  /** Drops all entries; from then on it holds the messages after `head`. */
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
    // Each shift of the array would copy it, so its unused front is cut off only now and then.
    if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Returns the entries after the offset; null when the entries do not reach back that far. */
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
    // The unused slot stays until the front is cut off, but the text is freed now.
    this.#entries[this.#first] = GONE;
    this.#first += 1;
    this.#units -= entry.units;
    this.#floor = entry.offset;
  }
}
