// How long ago something was, in the page's language.

export interface Times {
  /** Such as “5m ago”; after a week, in full. */
  relative(time: string): string;
  /** Such as “Jan 2, 2026, 3:04 AM”. */
  full(time: string): string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function createTimes(locale: string | undefined, now: () => number): Times {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "narrow" });
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const full = (time: string) => format.format(Date.parse(time));
  return {
    relative(time) {
      // The hub's clock and this one differ: nothing is told to be in the future.
      const age = Math.max(0, now() - Date.parse(time));
      const ago = (ms: number, unit: Intl.RelativeTimeFormatUnit) =>
        relative.format(-Math.floor(age / ms), unit);
      // Seconds would be out of date before they are read: below a minute it is “now”.
      if (age < MINUTE_MS) return ago(MINUTE_MS, "second");
      if (age < HOUR_MS) return ago(MINUTE_MS, "minute");
      if (age < DAY_MS) return ago(HOUR_MS, "hour");
      return age < 7 * DAY_MS ? ago(DAY_MS, "day") : full(time);
    },
    full,
  };
}

/** A language tag that `Intl` takes, or undefined: what a page says of its language may be anything. */
export function localeOf(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
