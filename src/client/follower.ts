// The position of one follower in a log: which messages of a step are new to it, and whether it missed a step.

import type { MessagesFrame } from "../protocol/down.ts";

type Shown = MessagesFrame["messages"][number];

/** A position in a log: everything up to `offset`, in this epoch, has been applied. */
export interface Cursor {
  epoch: string;
  offset: number;
}

/** The reply to a subscribe, or the `connected` of an inbox. */
export interface Start extends Cursor {
  recovered: boolean;
}

/** Takes a step, its messages that are new here, and whether the step moves the cursor. */
export type Show = (step: MessagesFrame, fresh: Shown[], isMove: boolean) => void;

const CURSOR = /^(\w+):(\d+)$/;

export class Follower {
  cursor: Cursor | null = null;
  readonly #begin: string | null;
  readonly #show: Show;
  /** Whether the next snapshot is for this follower, and not for another one of the same log. */
  #awaitsSnapshot = false;

  /** `since` is a cursor, `latest`, a time or a duration; null begins with a snapshot. */
  constructor(since: string | null, show: Show) {
    this.#begin = since;
    this.#show = show;
    const [, epoch, offset] = CURSOR.exec(since ?? "") ?? [];
    if (epoch) this.cursor = { epoch, offset: Number(offset) };
  }

  /** The position to continue from: the cursor or, before there is one, the requested beginning. */
  get since(): string | null {
    const { cursor } = this;
    return cursor ? `${cursor.epoch}:${cursor.offset}` : this.#begin;
  }

  /** Takes the hub's answer. `offset` is the head, not the cursor: steps up to it are to come. */
  begin({ epoch, offset, recovered }: Start): void {
    const isLatest = !this.cursor && this.#begin === "latest";
    if (isLatest) this.cursor = { epoch, offset };
    this.#awaitsSnapshot = !recovered || !this.cursor;
  }

  /** Called when the connection is lost: a snapshot on the next one is not the awaited one. */
  pause(): void {
    this.#awaitsSnapshot = false;
  }

  /** Applies a complete step. Returns false if an earlier one is missing: it must join again. */
  take(step: MessagesFrame): boolean {
    const { cursor } = this;
    if (!cursor && !this.#awaitsSnapshot) return true;
    // The offset reached in this epoch, or -1. The cursor `0:0` is the beginning of any epoch.
    const isSameEpoch = cursor?.epoch === step.epoch || cursor?.epoch === "0";
    const reached = cursor && isSameEpoch ? cursor.offset : -1;
    const isNext = step.snapshot ? this.#awaitsSnapshot : (step.since as number) <= reached;
    const isMove = isNext && (step.snapshot || step.to > reached);
    const fresh = step.messages.filter(
      // A message without an offset has no place in the log; it is sent live only, and once.
      ({ offset }) => offset === null || (isNext && offset > reached),
    );
    if (isMove) {
      this.cursor = { epoch: step.epoch, offset: step.to };
      this.#awaitsSnapshot = false;
    }
    if (isMove || fresh[0]) this.#show(step, fresh, isMove);
    return isNext || (isSameEpoch && step.to <= reached);
  }
}
