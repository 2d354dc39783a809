// The cursors of the followed topics. A delivery writes no row for its cursor: the stored messages carry
// their topic offset, and the row of the follow replaces those that have left the log.

import type { Cursor } from "../protocol/cursor.ts";
import type { FollowRow, FollowStore } from "./follow-store.ts";

export class FollowCursors {
  readonly #store: FollowStore;
  /** Cursors looked up since the object woke; null for a topic that is not followed. */
  readonly #known = new Map<string, (Cursor & { floor: number }) | null>();

  constructor(store: FollowStore) {
    this.#store = store;
  }

  /** Returns the cursor of a followed topic; null when the topic is not followed. */
  of(topic: string): Cursor | null {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const row = this.#store.one(topic);
    const found = row === undefined ? null : this.#cursorOf(row);
    this.#known.set(topic, found);
    return found;
  }

  /** Returns all followed topics, by name. */
  topics(): string[] {
    return this.#store.all().map(({ topic }) => topic);
  }

  /** Begins a follow, or begins it again in another epoch; `floor` is the head of the inbox. */
  begin(topic: string, { epoch, offset }: Cursor, floor: number): void {
    this.#store.put({ topic, epoch, cursor: offset, floor });
    this.#known.delete(topic);
  }

  end(topic: string): void {
    this.#store.remove(topic);
    this.#known.delete(topic);
  }

  /** Advances the cursor of a topic in memory; the stored messages carry it on disk. */
  advance(topic: string, offset: number): void {
    const known = this.#known.get(topic);
    if (known) known.offset = Math.max(known.offset, offset);
  }

  /**
   * Takes rows that are about to leave the log. If one is the newest of its topic, the row of the follow
   * stores the cursor from then on.
   */
  leave(offsets: number[]): void {
    if (offsets.length === 0) return;
    for (const { topic, topic_offset: offset } of this.#store.origins(offsets)) {
      const cursor = this.of(topic);
      const known = this.#known.get(topic);
      if (cursor === null || !known) continue;
      // The cursor is beyond the topic's rows when the messages that came last had expired on the way.
      if (cursor.offset >= offset && this.#store.newest(topic, known.floor) <= offset)
        this.#save(topic, cursor.offset);
    }
  }

  /** Forgets all cursors after an erasure. */
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
