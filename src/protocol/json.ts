// JSON from strangers, refused where JSON.parse would lose a part of it without an error, or exhaust a stack.

import { type Refusal, refusal } from "./error.ts";
import { NESTING_MAX } from "./limits.ts";

/**
 * Takes JSON text; returns its value, or a refusal when it is not JSON, nests too deeply, has an object
 * with two members of one name (I-JSON, RFC 7493 §2.3: JSON.parse keeps the last), or an integer that
 * JSON.parse would round (§2.2). A number with a fraction or an exponent is a double to every reader.
 */
export function parseJson(text: string): { value: unknown } | Refusal {
  // The nesting is counted in the text: a function that walks a deep value would overflow the stack.
  const shape = shapeOf(text);
  if (shape.depth > NESTING_MAX)
    return refusal("bad_request", `nest objects and arrays at most ${NESTING_MAX} deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refusal("bad_request", `send well-formed JSON${reasonOf(cause as Error)}`);
  }
  const members = membersOf(value);
  if (Number.isNaN(members)) return refusal("bad_request", "a number is too large to be kept");
  if (shape.isRounded)
    return refusal(
      "bad_request",
      `send an integer beyond ${Number.MAX_SAFE_INTEGER} as a string: JSON readers round it`,
    );
  return members === shape.members
    ? { value }
    : refusal("bad_request", "name each member of an object once: a name is there twice");
}

/** Returns the engine's reason, and the place if it has one, without the text that it quotes. */
function reasonOf({ message }: Error): string {
  const [reason = ""] = message.replace(" in JSON", "").split(/, \.*"| \(line /);
  return reason.startsWith('"') ? "" : ` (${reason})`;
}

/**
 * The nesting of a JSON text, the number of members of its objects, and whether an integer is too large.
 */
interface Shape {
  depth: number;
  members: number;
  isRounded: boolean;
}

/** Takes JSON text; returns its shape, read from its punctuation and its numbers. */
function shapeOf(text: string): Shape {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let isRounded = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= NINE) {
      const end = endOfNumber(text, i);
      // A number with fewer digits is exact.
      if (end - i >= EXACT_DIGITS && isRoundedInteger(text.slice(i, end))) isRounded = true;
      i = end - 1;
      continue;
    }
    switch (code) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case COLON:
        members += 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > deepest) deepest = depth;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
    }
  }
  return { depth: deepest, members, isRounded };
}

const EXACT_DIGITS = 16;

const isRoundedInteger = (number: string) =>
  /^\d+$/.test(number) && !Number.isSafeInteger(Number(number));

/** Takes the place of a number's first digit; returns the place after its last character. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const isDigit = code >= ZERO && code <= NINE;
    // The characters of a number other than digits: + - . E e
    if (!isDigit && code !== 0x2b && code !== 0x2d && code !== 0x2e && (code | 0x20) !== 0x65)
      break;
  }
  return end;
}

const ZERO = 0x30;
const NINE = 0x39;
const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Takes the place of an opening quote; returns the place of the closing one, or the text's end. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/**
 * Counts the members of all objects. NaN for a number that JSON cannot print again (RFC 7493 §2.2).
 */
function membersOf(value: unknown): number {
  if (typeof value === "number") return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value !== "object" || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) for (const item of value) members += membersOf(item);
  else for (const name in value) members += 1 + membersOf((value as Record<string, unknown>)[name]);
  return members;
}
