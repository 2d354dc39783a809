// A filter for live messages that a topic delivers again because it repeats a call.

import type { Batch } from "../objects/member.ts";

export class LiveDuplicates {
  /** The instance of each topic, and the newest turn that came from that instance. */
  readonly #newest = new Map<string, { instance: string; turn: number }>();

  /** Returns the batch without the live messages that have come before. */
  without(batch: Batch): Batch {
    const { topic, instance } = batch;
    if (batch.live.length === 0 || instance === undefined) return batch;
    const known = this.#newest.get(topic);
    const heard = known?.instance === instance ? known.turn : 0;
    const live = batch.live.filter(({ turn }) => turn === undefined || turn > heard);
    const turn = Math.max(heard, ...live.map((entry) => entry.turn ?? 0));
    this.#newest.set(topic, { instance, turn });
    return { ...batch, live };
  }
}
