// Latencies in fixed steps, so that a million samples a second cost one addition each.

const STEP_MS = 0.01;
const STEPS = 1_000_000;

export class Histogram {
  #counts = new Uint32Array(STEPS + 1);
  #total = 0;

  /** Anything above ten seconds is counted in the last step. */
  add(ms: number): void {
    const step = Math.min(STEPS, Math.max(0, Math.floor(ms / STEP_MS)));
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#total += 1;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  get total(): number {
    return this.#total;
  }

  /** The upper edge of the step that holds the given share of the samples, 0 to 1. */
  quantileMs(share: number): number {
    const rank = Math.ceil(this.#total * share);
    let seen = 0;
    for (let step = 0; step <= STEPS; step += 1) {
      seen += this.#counts[step] ?? 0;
      if (seen >= rank) return (step + 1) * STEP_MS;
    }
    return Number.NaN;
  }
}
