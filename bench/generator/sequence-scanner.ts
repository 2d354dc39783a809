// Finds the sequence numbers in a stream of bytes, in place. The state between two calls is one
// number, so a message that arrives in two reads is still counted once.

import { MARKER_BYTE } from "./payload.ts";

const OUTSIDE = -1;
const ZERO = 0x30;
const NINE = 0x39;

export class SequenceScanner {
  // The number being read, or OUTSIDE while the scanner looks for the next marker.
  #value = OUTSIDE;

  /** Calls `found` with each sequence number that ends in `bytes[start, end)`. */
  scan(bytes: Buffer, start: number, end: number, found: (sequence: number) => void): void {
    // The buffer is longer than the read. A marker set just behind the read, and taken back below, keeps
    // `indexOf` from searching the stale rest; past the buffer's end the write does nothing.
    const behind = bytes[end] ?? 0;
    bytes[end] = MARKER_BYTE;
    this.#scan(bytes, start, end, found);
    bytes[end] = behind;
  }

  #scan(bytes: Buffer, start: number, end: number, found: (sequence: number) => void): void {
    let at = start;
    while (at < end) {
      if (this.#value === OUTSIDE) {
        const marker = bytes.indexOf(MARKER_BYTE, at);
        if (marker === -1 || marker >= end) return;
        this.#value = 0;
        at = marker + 1;
        continue;
      }
      const byte = bytes[at] ?? 0;
      at += 1;
      if (byte >= ZERO && byte <= NINE) {
        this.#value = this.#value * 10 + byte - ZERO;
      } else {
        const sequence = this.#value;
        this.#value = OUTSIDE;
        found(sequence);
      }
    }
  }
}
