// Follows every publish from its request to its reply and to each of its deliveries. A publish is in
// flight until it is answered and has reached each of its subscribers.

import { Histogram } from "./histogram.ts";

/** The longest row publishes fewer; the loops stop there. */
export const PUBLISHES_MAX = 1 << 20;

export class Publishes {
  readonly latency = new Histogram();
  started = 0;
  finished = 0;
  delivered = 0;
  failure: Error | undefined;
  onFinish: (() => void) | undefined;
  #timedFrom = 0;
  readonly #receivers: number;
  readonly #startedAt = new Float64Array(PUBLISHES_MAX);
  readonly #left = new Int32Array(PUBLISHES_MAX);

  /** `receivers` is the number of subscribers that each publish must reach. */
  constructor(receivers: number) {
    this.#receivers = receivers;
  }

  get inFlight(): number {
    return this.started - this.finished;
  }

  /** Forgets the latencies so far, and times only publishes that start from here on. */
  startTiming(): void {
    this.latency.clear();
    this.#timedFrom = this.started;
  }

  /** Starts the clock of the next publish and returns its number. */
  start(): number {
    const sequence = this.started;
    this.started += 1;
    this.#left[sequence] = this.#receivers + 1;
    this.#startedAt[sequence] = performance.now();
    return sequence;
  }

  answered(sequence: number): void {
    this.#countDown(sequence);
  }

  deliveredOnce(sequence: number): void {
    if (sequence >= this.started) {
      this.failure ??= new Error(`Message ${sequence} was delivered and never published.`);
      return;
    }
    this.delivered += 1;
    if (sequence >= this.#timedFrom) {
      this.latency.add(performance.now() - (this.#startedAt[sequence] ?? 0));
    }
    this.#countDown(sequence);
  }

  #countDown(sequence: number): void {
    const left = (this.#left[sequence] ?? 0) - 1;
    this.#left[sequence] = left;
    if (left > 0) return;
    if (left < 0) this.failure ??= new Error(`Message ${sequence} was delivered too often.`);
    this.finished += 1;
    this.onFinish?.();
  }
}
