// How far the inbox has come in each topic it follows, without a row of its own for each step: the
// messages themselves tell, and the follow's row stands in for those that are gone.

import type { Cursor } from "../protocol/cursor.ts";
import type { FollowRow, FollowStore } from "./store.ts";

export class FollowCursors {
  readonly #store: FollowStore;
  /** Those that were looked up since the object woke; null for a topic that is not followed. */
  readonly #known = new Map<string, (Cursor & { floor: number }) | null>();

  constructor(store: FollowStore) {
    this.#store = store;
  }

  /** How far a followed topic has come; null when it is not followed. */
  of(topic: string): Cursor | null {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const row = this.#store.one(topic);
    const found = row === undefined ? null : this.#cursorOf(row);
    this.#known.set(topic, found);
    return found;
  }

  /** Every topic that is followed, by name. */
  topics(): string[] {
    return this.#store.all().map(({ topic }) => topic);
  }

  /** Begins to follow, or begins anew in another epoch; `floor` is the head of the inbox. */
  begin(topic: string, { epoch, offset }: Cursor, floor: number): void {
    this.#store.put({ topic, epoch, cursor: offset, floor });
    this.#known.delete(topic);
  }

  end(topic: string): void {
    this.#store.remove(topic);
    this.#known.delete(topic);
  }

  /** What was stored has brought the topic so far. */
  advance(topic: string, offset: number): void {
    const known = this.#known.get(topic);
    if (known) known.offset = Math.max(known.offset, offset);
  }

  /** Rows are about to leave the log: where one is the newest of its topic, the follow's row takes over. */
  leave(offsets: number[]): void {
    if (offsets.length === 0) return;
    for (const { topic, topic_offset: offset } of this.#store.origins(offsets)) {
      const cursor = this.of(topic);
      const known = this.#known.get(topic);
      if (cursor === null || !known) continue;
      // Further than its rows tell, where what came last had expired on the way.
      if (cursor.offset >= offset && this.#store.newest(topic, known.floor) <= offset)
        this.#save(topic, cursor.offset);
    }
  }

  /** Everything was erased. */
  erased(): void {
    this.#known.clear();
  }

  #save(topic: string, offset: number): void {
    const row = this.#store.one(topic);
    if (row !== undefined && row.cursor < offset) this.#store.put({ ...row, cursor: offset });
  }

  #cursorOf({ topic, epoch, cursor, floor }: FollowRow): Cursor & { floor: number } {
    return { epoch, offset: Math.max(cursor, this.#store.newest(topic, floor)), floor };
  }
}
