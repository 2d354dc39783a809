// Text from strangers, made safe for a terminal: a title may hold control characters (ECMA-48), or
// characters that reverse the direction of a whole line (Unicode UAX #9).

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches control characters.
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Returns a text as one line for a terminal: line breaks and tabs become spaces, and each control or direction
 * character becomes �.
 */
export function printable(text: string): string {
  return text.replace(/\r?\n|\t/g, " ").replace(OBEYED, "\ufffd");
}

/** Returns JSON that parses to the same value, with control and direction characters escaped. */
export function printJson(value: unknown): string {
  return JSON.stringify(value).replace(
    OBEYED,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
