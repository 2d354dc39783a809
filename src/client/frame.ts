// What is asked of the hub, checked and put into the text in which it waits, travels and is repeated.

import { BelfryError } from "./error.ts";

/**
 * UTF-16 units in a frame. A longer one has a message above the hub's 64 KiB. A shorter one is below the
 * 256 KiB above which a hub reads no frame, and the hub counts its bytes.
 */
const FRAME_UNITS_MAX = 80_000;

/** Prints a frame; throws where JSON would drop a value without a word, or put `null` in its place. */
export function printFrame(type: string, id: number, members: object): string {
  const head = { type, id };
  // The id stays near the beginning, where the hub finds it in a frame that it cannot read.
  const frame = { ...head, ...members, ...head };
  const text = JSON.stringify(frame, function (this: Record<string, unknown>, name, value) {
    const given = this[name];
    const printed = JSON.stringify([value]);
    // A member that is undefined is absent, as it looks. A Map is printed as `{}`, as a promise is.
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
