// The language of the times.

/** A language tag that `Intl` takes, or undefined: what a page says of its language may be anything. */
export function localeOf(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
