// Which characters a person can see. A text of others alone is blank: spaces, marks without a letter,
// the zero-width, the Hangul fillers and the empty Braille cell.

const VISIBLE = /[^\s\p{C}\p{M}\p{DI}\u2800]/u;

export const isVisible = (text: string): boolean => VISIBLE.test(text);

/** The first one, as a capital; empty in a blank text. */
export const initialOf = (text = ""): string => (VISIBLE.exec(text)?.[0] ?? "").toUpperCase();
