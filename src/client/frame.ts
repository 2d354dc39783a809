// The text of a client's frames, checked and printed once: the same text waits, is sent and is repeated.

import { BelfryError } from "./error.ts";

/**
 * Most UTF-16 units in a frame. A longer frame has a message above the hub's 64 KiB. A shorter one is below
 * the 256 KiB above which a hub reads no frame: the hub reads it and counts its bytes.
 */
const FRAME_UNITS_MAX = 80_000;

/**
 * Returns the text of a frame. Throws a TypeError if JSON would silently drop a value or replace it by
 * `null`, and a BelfryError if the frame is too large.
 */
export function printFrame(type: string, id: number, members: object): string {
  const head = { type, id };
  // The id stays near the beginning, where the hub finds it even in a frame that it cannot read.
  const frame = { ...head, ...members, ...head };
  const text = JSON.stringify(frame, function (this: Record<string, unknown>, name, value) {
    const given = this[name];
    const printed = JSON.stringify([value]);
    // An undefined member is left out, as expected. A Map or a promise would be printed as `{}`.
    const isLost =
      printed === "[null]"
        ? given !== null && (given !== undefined || Array.isArray(this))
        : printed === "[{}]" && {}.toString.call(value) !== "[object Object]";
    if (isLost) throw new TypeError(`JSON cannot hold \`${name}\`: ${String(given)}`);
    return value;
  });
  if (text.length > FRAME_UNITS_MAX) throw new BelfryError("payload_too_large", "64 KiB at most");
  return text;
}
