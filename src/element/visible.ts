// The characters that a user can see. An untrusted text may have none: only spaces, marks without a
// letter, zero-width characters, Hangul fillers or empty Braille cells.

const VISIBLE = /[^\s\p{C}\p{M}\p{DI}\u2800]/u;

export const isVisible = (text: string): boolean => VISIBLE.test(text);

/** Returns the first visible character, as a capital; empty for a text without one. */
export const initialOf = (text = ""): string => (VISIBLE.exec(text)?.[0] ?? "").toUpperCase();
