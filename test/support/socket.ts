// A plain WebSocket client for tests against a hub in its own process. It waits for frames and never
// sleeps. To extend it, add a `next…` that waits for the event of your test.

import { WebSocket } from "ws";
import type { DownFrame, MessagesFrame } from "../../src/protocol/down.ts";

const WAIT_MS = 10_000;

export interface Closed {
  type: "closed";
  code: number;
  reason: string;
}

export type Arrived = DownFrame | Closed;

export class TestSocket {
  readonly ws: WebSocket;
  /** Everything that arrived, in order, the close last. */
  readonly arrived: Arrived[] = [];
  #taken = 0;
  #wake: () => void = () => undefined;

  /** Connects to `path` of the hub, with the headers and sub-protocols given. */
  constructor(
    url: string,
    path: string,
    options: { protocols?: string[]; headers?: Record<string, string> } = {},
  ) {
    const address = `${url.replace("http", "ws")}${path}`;
    this.ws = new WebSocket(address, options.protocols ?? [], { headers: options.headers ?? {} });
    this.ws.on("message", (data) => this.#push(JSON.parse(String(data)) as DownFrame));
    this.ws.on("close", (code, reason) =>
      this.#push({ type: "closed", code, reason: String(reason) }),
    );
    // A refused upgrade or a killed hub also ends in `close`, and tests look at that.
    this.ws.on("error", () => undefined);
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** Returns the next frame or the close, whichever arrives. */
  async next(): Promise<Arrived> {
    const late = AbortSignal.timeout(WAIT_MS);
    while (this.#taken === this.arrived.length)
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        late.onabort = () => reject(new Error(`nothing arrived within ${WAIT_MS} ms`));
      });
    const arrived = this.arrived[this.#taken] as Arrived;
    this.#taken += 1;
    return arrived;
  }

  /** Returns the next frame of a type, `closed` included, and drops the frames before it. */
  async nextOf<T extends Arrived["type"]>(type: T): Promise<Extract<Arrived, { type: T }>> {
    for (;;) {
      const arrived = await this.next();
      if (arrived.type === type) return arrived as Extract<Arrived, { type: T }>;
      if (arrived.type === "closed")
        throw new Error(`waited for ${type}, closed with ${arrived.code} ${arrived.reason}`);
    }
  }

  messages(): Promise<MessagesFrame> {
    return this.nextOf("messages");
  }

  /** Ends without a close frame, like a lost connection. */
  drop(): void {
    this.ws.terminate();
  }

  #push(arrived: Arrived): void {
    this.arrived.push(arrived);
    this.#wake();
  }
}
