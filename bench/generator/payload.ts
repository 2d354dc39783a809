// The 256-byte message that every server carries. A character that occurs nowhere else on the wire
// precedes its sequence number, so deliveries can be counted without parsing a frame.

export const PAYLOAD_BYTES = 256;
export const MARKER = "~";
export const MARKER_BYTE = 0x7e;

const SEQUENCE_DIGITS = 7;
export const SEQUENCE_MAX = 10 ** SEQUENCE_DIGITS - 1;

const HEAD = `{"type":"bench","data":{"n":"${MARKER}`;
const TAIL_OPEN = `","pad":"`;
const TAIL_CLOSE = `"}}`;
const PAD_BYTES =
  PAYLOAD_BYTES - HEAD.length - SEQUENCE_DIGITS - TAIL_OPEN.length - TAIL_CLOSE.length;
const TAIL = TAIL_OPEN + "x".repeat(PAD_BYTES) + TAIL_CLOSE;

/** One message; ASCII only, so its length in characters is its length in bytes. */
export function message(sequence: number): string {
  return HEAD + String(sequence).padStart(SEQUENCE_DIGITS, "0") + TAIL;
}

/** A JSON array of `count` messages, numbered from `first`. */
export function messageList(first: number, count: number): string {
  const messages = Array.from({ length: count }, (_, index) => message(first + index));
  return `[${messages.join(",")}]`;
}

/** Returns the sequence numbers in a text; not for the measured part of a row. */
export function sequencesIn(text: string): number[] {
  return [...text.matchAll(/~(\d+)/g)].map((match) => Number(match[1]));
}
