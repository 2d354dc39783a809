// Calls to topics that are under way, such as joins. A delivery waits for the joins of its topic: it must not
// overtake the messages that a join returns, and its answer must not be that nobody is there.

export class PendingByTopic {
  readonly #underWay = new Map<string, Set<Promise<void>>>();

  /** Begins a call; returns the function that ends it. */
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
   * Returns whether a call is under way. Check it in the same turn as the work that depends on it: another
   * call may begin after the awaited ones have ended and before the waiter resumes.
   */
  isUnderWay(topic: string): boolean {
    return this.#underWay.has(topic);
  }

  /** Returns the topics that have a call under way. */
  topics(): string[] {
    return [...this.#underWay.keys()];
  }

  /** Resolves when the calls that are under way now have ended. */
  async settled(topic: string): Promise<void> {
    await Promise.all(this.#underWay.get(topic) ?? []);
  }
}
