// The hub closes a socket that sends more than 30 frames in a second of the hub's clock. Half of that
// in a second of ours leaves room for what the network bunches together.

import type { Cancel, Environment } from "./environment.ts";
import type { UpFrame } from "./transport.ts";

const FRAMES_PER_WINDOW = 15;
const WINDOW_MS = 1_000;

export class Pace {
  readonly #environment: Environment;
  readonly #send: (frame: UpFrame) => void;
  #queue: UpFrame[] = [];
  #sent = 0;
  #windowFrom = 0;
  #cancel: Cancel | undefined;

  constructor(environment: Environment, send: (frame: UpFrame) => void) {
    this.#environment = environment;
    this.#send = send;
  }

  push(frame: UpFrame): void {
    this.#queue.push(frame);
    this.#flush();
  }

  /** Forgets what was not sent: its line is gone. */
  clear(): void {
    this.#queue = [];
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #flush(): void {
    const { now, after } = this.#environment;
    if (now() - this.#windowFrom >= WINDOW_MS) {
      this.#windowFrom = now();
      this.#sent = 0;
    }
    while (this.#queue.length > 0 && this.#sent < FRAMES_PER_WINDOW) {
      this.#sent += 1;
      this.#send(this.#queue.shift() as UpFrame);
    }
    if (this.#queue.length === 0 || this.#cancel) return;
    this.#cancel = after(WINDOW_MS, () => {
      this.#cancel = undefined;
      this.#flush();
    });
  }
}
