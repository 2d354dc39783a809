// Joinings of topics that are under way. What a topic delivers meanwhile waits for them: it must
// neither overtake what the joining brings, nor be told that nobody is there.

export class Joins {
  readonly #underWay = new Map<string, Set<Promise<void>>>();

  /** Begins one; the function it gives ends it. */
  begin(topic: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const all = this.#underWay.get(topic) ?? new Set();
    this.#underWay.set(topic, all.add(promise));
    return () => {
      all.delete(promise);
      if (all.size === 0) this.#underWay.delete(topic);
      resolve();
    };
  }

  /**
   * Whether one is: to be asked in the same turn as what depends on the answer, since another may
   * begin between the end of those waited for and the waiter's turn.
   */
  isUnderWay(topic: string): boolean {
    return this.#underWay.has(topic);
  }

  /** The topics of those that are under way. */
  topics(): string[] {
    return [...this.#underWay.keys()];
  }

  /** Resolves when those that are under way now have ended. */
  async settled(topic: string): Promise<void> {
    await Promise.all(this.#underWay.get(topic) ?? []);
  }
}
