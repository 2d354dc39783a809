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

  /** Resolves when none of the topic is under way. */
  async settled(topic: string): Promise<void> {
    for (let all = this.#underWay.get(topic); all !== undefined; all = this.#underWay.get(topic))
      await Promise.all(all);
  }
}
