// How far one follower of a log has come: what of a step is new to it, and when it missed something.

import type { MessagesFrame } from "../protocol/down.ts";

type Shown = MessagesFrame["messages"][number];

/** Everything up to `offset`, in this life of the log, has been applied. */
export interface Cursor {
  epoch: string;
  offset: number;
}

/** The reply to a subscribe, or the `connected` of an inbox. */
export interface Beginning extends Cursor {
  recovered: boolean;
}

/** Takes a step, those of its messages that are new here, and whether the step moves the cursor. */
export type Show = (step: MessagesFrame, fresh: Shown[], isMove: boolean) => void;

const CURSOR = /^(\w+):(\d+)$/;

export class Follower {
  cursor: Cursor | null = null;
  readonly #begin: string | null;
  readonly #show: Show;
  /** Whether the next snapshot is an answer to this follower, and not to another of the same log. */
  #awaitsSnapshot = false;

  /** `since` is a cursor, `latest`, a time or a duration; null begins with a snapshot. */
  constructor(since: string | null, show: Show) {
    this.#begin = since;
    this.#show = show;
    const [, epoch, offset] = CURSOR.exec(since ?? "") ?? [];
    if (epoch) this.cursor = { epoch, offset: Number(offset) };
  }

  /** Where it goes on from. */
  get since(): string | null {
    const { cursor } = this;
    return cursor ? `${cursor.epoch}:${cursor.offset}` : this.#begin;
  }

  /** The hub says where it begins. `offset` is the head, and no cursor: what leads there is to come. */
  begin({ epoch, offset, recovered }: Beginning): void {
    const isLatest = !this.cursor && this.#begin === "latest";
    if (isLatest) this.cursor = { epoch, offset };
    this.#awaitsSnapshot = !recovered || !this.cursor;
  }

  /** The connection was lost before a snapshot came; what comes on the next one is not that. */
  pause(): void {
    this.#awaitsSnapshot = false;
  }

  /** Takes a complete step. False when something before it is missing: then it must join again. */
  take(step: MessagesFrame): boolean {
    const { cursor } = this;
    if (!cursor && !this.#awaitsSnapshot) return true;
    // What was applied of this epoch; `0:0` is the beginning of whatever epoch comes.
    const isSameEpoch = cursor?.epoch === step.epoch || cursor?.epoch === "0";
    const reached = cursor && isSameEpoch ? cursor.offset : -1;
    const isNext = step.snapshot ? this.#awaitsSnapshot : (step.since as number) <= reached;
    const isMove = isNext && (step.snapshot || step.to > reached);
    const fresh = step.messages.filter(
      // Sent live only: it has no place in the log, and comes once.
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
