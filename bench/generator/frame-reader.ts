// Reads the frames of a WebSocket server, in place and across any split of the bytes. It keeps a few
// numbers per connection and allocates nothing.

export const OPCODE_TEXT = 0x1;
export const OPCODE_CLOSE = 0x8;
export const OPCODE_PING = 0x9;
export const OPCODE_PONG = 0xa;

export interface FrameSink {
  /** A piece of a frame's payload; a frame may come in any number of pieces. */
  onPayload(opcode: number, bytes: Buffer, start: number, end: number): void;
  onFrameEnd(opcode: number): void;
}

// The kinds of the next byte. Servers do not mask, so payload follows the length directly.
const OPCODE = 0;
const LENGTH = 1;
const LONG_LENGTH = 2;
const PAYLOAD = 3;

export class FrameReader {
  #expects = OPCODE;
  #opcode = 0;
  #isFinal = true;
  // Payload bytes still to come, and length bytes still to come.
  #left = 0;
  #lengthLeft = 0;
  readonly #sink: FrameSink;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#expects === PAYLOAD) {
        const stop = Math.min(end, at + this.#left);
        this.#sink.onPayload(this.#opcode, bytes, at, stop);
        this.#left -= stop - at;
        at = stop;
        if (this.#left === 0) this.#endFrame();
      } else {
        this.#readHeaderByte(bytes[at] ?? 0);
        at += 1;
      }
    }
  }

  #readHeaderByte(byte: number): void {
    if (this.#expects === OPCODE) {
      // A continuation (0) goes on with the opcode of the frame it continues.
      const opcode = byte & 0x0f;
      if (opcode !== 0) this.#opcode = opcode;
      this.#isFinal = (byte & 0x80) !== 0;
      this.#expects = LENGTH;
    } else if (this.#expects === LENGTH) {
      const length = byte & 0x7f;
      if (length < 126) this.#startPayload(length);
      else {
        this.#left = 0;
        this.#lengthLeft = length === 126 ? 2 : 8;
        this.#expects = LONG_LENGTH;
      }
    } else {
      this.#left = this.#left * 256 + byte;
      this.#lengthLeft -= 1;
      if (this.#lengthLeft === 0) this.#startPayload(this.#left);
    }
  }

  #startPayload(length: number): void {
    this.#left = length;
    this.#expects = PAYLOAD;
    if (length === 0) this.#endFrame();
  }

  #endFrame(): void {
    this.#expects = OPCODE;
    if (this.#isFinal) this.#sink.onFrameEnd(this.#opcode);
  }
}
