// One WebSocket client over a raw socket. It upgrades, does the greeting of its server's protocol, and
// then passes every sequence number that it receives to the measure.

import { connect, type Socket } from "node:net";
import { FrameReader, type FrameSink, OPCODE_CLOSE, OPCODE_PING } from "./frame-reader.ts";
import { pongFrame, textFrame } from "./frame-writer.ts";
import { READ_BUFFER } from "./read-buffer.ts";
import { SequenceScanner } from "./sequence-scanner.ts";

/** The step after a frame that came before the connection was ready. */
export type GreetingStep = { ready: true } | { ready: false; send?: string };

export interface Connecting {
  port: number;
  /** The whole upgrade request. */
  request: string;
  /** Called for each frame until it returns ready; absent where the 101 is enough. */
  greet?: (frame: string) => GreetingStep;
  onSequence: (sequence: number, subscriber: Subscriber) => void;
  onReady: (subscriber: Subscriber) => void;
  /** Called at most once, when the connection breaks and nobody closed it here. */
  onLost: (error: Error, subscriber: Subscriber) => void;
}

const END_OF_HEAD = "\r\n\r\n";

export class Subscriber implements FrameSink {
  isReady = false;
  /** Messages received, and the sum of their numbers: together they show that each came once. */
  received = 0;
  sum = 0;
  /** The last frame of the greeting, which may hold a cursor to come back with. */
  greeting = "";
  #isUpgraded = false;
  #isOver = false;
  #text = "";
  readonly #socket: Socket;
  readonly #options: Connecting;
  readonly #frames = new FrameReader(this);
  readonly #scanner = new SequenceScanner();
  readonly #found = (sequence: number): void => {
    this.received += 1;
    this.sum += sequence;
    this.#options.onSequence(sequence, this);
  };

  constructor(options: Connecting) {
    this.#options = options;
    this.#socket = connect({
      port: options.port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          if (this.#isUpgraded) this.#frames.read(READ_BUFFER, 0, length);
          else this.#readHead(length);
          return true;
        },
      },
    });
    this.#socket.write(options.request, "latin1");
    this.#socket.on("error", (error) => this.#lose(error));
    this.#socket.on("close", () => this.#lose(new Error("The server closed a WebSocket.")));
    this.#socket.resume();
  }

  onPayload(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (!this.isReady || opcode === OPCODE_CLOSE)
      this.#text += bytes.toString("latin1", start, end);
    this.#scanner.scan(bytes, start, end, this.#found);
  }

  onFrameEnd(opcode: number): void {
    if (opcode === OPCODE_CLOSE) {
      this.#lose(new Error(`The server closed a WebSocket: ${JSON.stringify(this.#text)}`));
    } else if (opcode === OPCODE_PING) {
      this.#socket.write(pongFrame());
    } else if (!this.isReady) {
      this.greeting = this.#text;
      this.#text = "";
      this.#greet();
    }
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #readHead(length: number): void {
    const before = this.#text.length;
    this.#text += READ_BUFFER.toString("latin1", 0, length);
    const headEnd = this.#text.indexOf(END_OF_HEAD);
    if (headEnd === -1) return;
    if (!this.#text.startsWith("HTTP/1.1 101")) {
      this.#lose(new Error(`An upgrade was refused: ${this.#text.slice(0, 400)}`));
      return;
    }
    this.#isUpgraded = true;
    this.#text = "";
    if (!this.#options.greet) this.#step({ ready: true });
    // Frames may follow the head in the same read.
    this.#frames.read(READ_BUFFER, headEnd + END_OF_HEAD.length - before, length);
  }

  #greet(): void {
    try {
      this.#step(this.#options.greet?.(this.greeting) ?? { ready: true });
    } catch (error) {
      this.#lose(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #step(step: GreetingStep): void {
    if (step.ready) {
      this.isReady = true;
      this.#options.onReady(this);
    } else if (step.send !== undefined) {
      this.#socket.write(textFrame(step.send));
    }
  }

  #lose(error: Error): void {
    if (this.#isOver) return;
    this.close();
    this.#options.onLost(error, this);
  }
}
