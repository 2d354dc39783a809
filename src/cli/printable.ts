// What others wrote, made safe to show: a title may hold what a terminal obeys (ECMA-48), or turns
// the direction of a whole line (Unicode UAX #9).

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One line of text for a terminal: breaks become spaces, and what a terminal obeys becomes �. */
export function printable(text: string): string {
  return text.replace(/\r?\n|\t/g, " ").replace(OBEYED, "\ufffd");
}

/** JSON on one line, in which what a terminal obeys is escaped: it still parses to the same value. */
export function printJson(value: unknown): string {
  return JSON.stringify(value).replace(
    OBEYED,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
