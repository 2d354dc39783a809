// The position of a tail in its log: finds the new messages of a frame, and a gap before it.

import { type Cursor, EMPTY_EPOCH, printCursor } from "../protocol/cursor.ts";
import type { ConnectedFrame, MessagesFrame } from "../protocol/down.ts";
import type { LogMessage } from "../protocol/message.ts";

export class Progress {
  #cursor: Cursor | null;
  /** The end of the last step that was shown; messages up to it are not shown again. */
  #shown: Cursor;
  #parts: LogMessage[] = [];

  constructor(begin: Cursor | null) {
    this.#cursor = begin;
    this.#shown = begin ?? { epoch: EMPTY_EPOCH, offset: 0 };
  }

  /** The cursor to continue from; null before the first one is known. */
  get since(): string | null {
    return this.#cursor && printCursor(this.#cursor.epoch, this.#cursor.offset);
  }

  /** Begins a stream with `since=latest` at the head of the log in its `connected` frame. */
  beginAt({ epoch, offset }: ConnectedFrame): void {
    this.#cursor ??= { epoch, offset };
  }

  /** Drops the parts of an incomplete step: the next connection brings the whole step again. */
  reconnect(): void {
    this.#parts = [];
  }

  /**
   * Takes the next frame; returns the new messages in order, none until the step is complete, or null when an
   * earlier frame is missing.
   */
  apply(frame: MessagesFrame): LogMessage[] | null {
    const { epoch, since, to, snapshot, more, messages } = frame;
    if (!snapshot && !this.#isNext(epoch, since)) return null;
    this.#parts.push(...messages);
    if (more) return [];
    // A snapshot that ends below the cursor means that the cursor was ahead of the log: show all of it.
    const isKnown = this.#shown.epoch === epoch && this.#shown.offset <= to;
    const shown = isKnown ? this.#shown.offset : 0;
    const fresh = this.#parts.filter(({ offset }) => offset === null || offset > shown);
    this.#parts = [];
    this.#cursor = { epoch, offset: to };
    this.#shown = { epoch, offset: to };
    return fresh.sort((a, b) => (a.offset ?? to) - (b.offset ?? to));
  }

  /**
   * Returns whether a frame continues at the cursor. The cursor of an empty log has no epoch yet: the first
   * message brings it.
   */
  #isNext(epoch: string, since: number | null): boolean {
    if (this.#cursor === null) return false;
    const isSame = [epoch, EMPTY_EPOCH].includes(this.#cursor.epoch);
    return isSame && this.#cursor.offset === since;
  }
}
