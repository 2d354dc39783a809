// How far a tail has come: which messages of a frame are new, and whether one is missing before it.

import { type Cursor, EMPTY_EPOCH, printCursor } from "../protocol/cursor.ts";
import type { ConnectedFrame, MessagesFrame } from "../protocol/down.ts";
import type { LogMessage } from "../protocol/message.ts";

export class Progress {
  #cursor: Cursor | null;
  /** The newest message that was shown; those up to it are not shown again. */
  #shown: Cursor;
  #parts: LogMessage[] = [];

  constructor(begin: Cursor | null) {
    this.#cursor = begin;
    this.#shown = begin ?? { epoch: EMPTY_EPOCH, offset: 0 };
  }

  /** Where to go on from; null before anything was told. */
  get since(): string | null {
    return this.#cursor && printCursor(this.#cursor.epoch, this.#cursor.offset);
  }

  /** A stream of only what comes from now on begins at the head that it is greeted with. */
  beginAt({ epoch, offset }: ConnectedFrame): void {
    this.#cursor ??= { epoch, offset };
  }

  /** Parts of a frame whose rest was lost with the connection come again. */
  reconnect(): void {
    this.#parts = [];
  }

  /** Takes the next frame; gives its new messages in order, or null when one before it is missing. */
  apply(frame: MessagesFrame): LogMessage[] | null {
    const { epoch, since, to, snapshot, more, messages } = frame;
    if (!snapshot && !this.#isNext(epoch, since)) return null;
    this.#parts.push(...messages);
    if (more) return [];
    // A snapshot below what was asked for: that cursor was ahead of the log.
    const isKnown = this.#shown.epoch === epoch && this.#shown.offset <= to;
    const shown = isKnown ? this.#shown.offset : 0;
    const fresh = this.#parts.filter(({ offset }) => offset === null || offset > shown);
    this.#parts = [];
    this.#cursor = { epoch, offset: to };
    this.#shown = { epoch, offset: to };
    return fresh.sort((a, b) => (a.offset ?? to) - (b.offset ?? to));
  }

  /** The cursor of a log that was empty has no epoch yet; its first message brings it. */
  #isNext(epoch: string, since: number | null): boolean {
    if (this.#cursor === null) return false;
    const isSame = [epoch, EMPTY_EPOCH].includes(this.#cursor.epoch);
    return isSame && this.#cursor.offset === since;
  }
}
