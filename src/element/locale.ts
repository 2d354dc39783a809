// The locale of the times.

/** Returns a language tag that `Intl` accepts, or undefined: a page's `lang` may be any text. */
export function localeOf(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
