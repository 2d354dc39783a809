// Many subscribers of one server: connects them a few at a time, or all at once, and keeps the
// first loss of a connection as the failure of the row.

import type { Address, Server } from "../servers/server.ts";
import { until, within } from "./deadline.ts";
import { Subscriber } from "./subscriber.ts";

export interface CrowdOptions {
  /** The address to which the subscriber of this index listens; `since` is its cursor there. */
  address: (index: number) => Address;
  since?: (index: number) => string | undefined;
  onSequence?: (sequence: number, subscriber: Subscriber) => void;
}

const CONNECT_MS_MAX = 30_000;
/** A crowd that connects at once may overrun an accept queue; a client then tries again. */
const RETRIES_MAX = 3000;

export class Crowd {
  readonly subscribers: Subscriber[] = [];
  failure: Error | undefined;
  ready = 0;
  retries = 0;
  readonly #server: Server;
  readonly #options: CrowdOptions;
  readonly #requests: string[] = [];

  constructor(server: Server, options: CrowdOptions) {
    this.#server = server;
    this.#options = options;
  }

  /**
   * Writes the upgrade requests of the next `count`. Signing their tokens is the bench's work, not
   * the server's, so a measure that times connecting does it before its clock starts.
   */
  prepare(count: number): void {
    const end = this.subscribers.length + count;
    for (let index = this.#requests.length; index < end; index += 1) {
      const since = this.#options.since?.(index);
      const address = this.#options.address(index);
      this.#requests.push(this.#server.connectRequest(address, index, since));
    }
  }

  /** Connects `count` more, at most `atOnce` of them not yet ready. */
  async connect(count: number, atOnce: number): Promise<void> {
    if (count === 0) return;
    const end = this.subscribers.length + count;
    this.prepare(count);
    const isDone = new Promise<void>((resolve, reject) => {
      const next = (): void => {
        if (this.failure) reject(this.failure);
        else if (this.ready === end) resolve();
        else if (this.subscribers.length < end) {
          this.subscribers.push(this.#open(this.subscribers.length, next));
        }
      };
      for (let started = 0; started < Math.min(atOnce, count); started += 1) next();
    });
    await within(CONNECT_MS_MAX, `${count} connections`, isDone);
  }

  /** Waits until every subscriber has received `count` messages in all. */
  async untilReceived(count: number, ms: number): Promise<void> {
    const lacking = (): Subscriber[] =>
      this.subscribers.filter((subscriber) => subscriber.received < count);
    await until(
      ms,
      () => `${lacking().length} subscribers that have fewer than ${count} messages`,
      () => this.failure !== undefined || lacking().length === 0,
    );
    if (this.failure) throw this.failure;
  }

  close(): void {
    for (const subscriber of this.subscribers) subscriber.close();
  }

  #open(index: number, next: () => void): Subscriber {
    return new Subscriber({
      port: this.#server.port,
      request: this.#requests[index] ?? "",
      ...(this.#server.greet ? { greet: this.#server.greet } : {}),
      onSequence: this.#options.onSequence ?? ignoreSequence,
      onReady: () => {
        this.ready += 1;
        next();
      },
      onLost: (error, subscriber) => {
        if (!subscriber.isReady && isReset(error) && this.retries < RETRIES_MAX) {
          this.retries += 1;
          this.subscribers[index] = this.#open(index, next);
        } else {
          this.failure ??= error;
          next();
        }
      },
    });
  }
}

function ignoreSequence(): void {
  // The subscriber counts for itself; a measure that times each message passes its own function.
}

function isReset(error: Error): boolean {
  const code = "code" in error ? error.code : undefined;
  return code === "ECONNRESET" || code === "ECONNREFUSED" || code === "EPIPE";
}
