// How long ago something was, in the page's language.

export interface Times {
  /** Such as “5m ago”; after a week the date. */
  relative(time: string, now: number): string;
  /** Such as “Friday, January 2, 2026 at 3:04 AM”. */
  full(time: string): string;
}

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const WEEK_S = 7 * DAY_S;

/** The units, each with the number of seconds from which the next one is used. */
const UNITS = [
  ["second", 1, MINUTE_S],
  ["minute", MINUTE_S, HOUR_S],
  ["hour", HOUR_S, DAY_S],
  ["day", DAY_S, WEEK_S],
] as const;

export function createTimes(locale: string | undefined): Times {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "narrow" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
  return {
    relative(time, now) {
      // The hub's clock and this one differ: nothing is told to be in the future.
      const seconds = Math.max(0, (now - Date.parse(time)) / 1_000);
      // Seconds would be out of date before they are read: below a minute it is “now”.
      for (const [unit, length, end] of UNITS)
        if (seconds < end)
          return relative.format(unit === "second" ? 0 : -Math.floor(seconds / length), unit);
      return date.format(Date.parse(time));
    },
    full: (time) => full.format(Date.parse(time)),
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
